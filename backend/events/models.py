from django.db import models

from backend.core import clock
from backend.core.text import bilingual
from backend.events.owed import Owed


class Event(models.Model):
    """A fact that happened: audit entry, document timeline and outbox in one row. Never changed, never deleted."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    name = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    actor = models.ForeignKey("directory.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    on_behalf_of = models.ForeignKey("directory.Employee", models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = bilingual("事件", "event")
        verbose_name_plural = bilingual("事件", "events")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_of_subject"),
            models.Index(fields=["company", "-id"], name="event_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class Delivery(Owed):
    """One event owed to one consumer inside Waiqin."""

    task_name = "events.deliver"
    id_argument = "delivery_id"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    consumer = models.CharField(max_length=32)

    class Meta(Owed.Meta):
        verbose_name = bilingual("事件投递", "event delivery")
        verbose_name_plural = bilingual("事件投递", "event deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "consumer"], name="one_delivery_per_consumer")]

    def __str__(self) -> str:
        return f"{self.consumer} #{self.pk}"

from django.db import models
from django.db.models import F, Func, Q

from backend.core import clock
from backend.core.text import bilingual
from backend.events.owed import Owed

FAMILY = Func(F("name"), template="split_part(%(expressions)s, '.', 1)", output_field=models.TextField())
"""Of an event's name the noun: `visit` of `visit.checked_in`."""


class Event(models.Model):
    """A fact that happened: audit entry, document timeline and outbox in one row. Never changed, never deleted."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    # The composite indexes below serve the foreign keys too.
    actor = models.ForeignKey(
        "directory.Employee", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    on_behalf_of = models.ForeignKey(
        "directory.Employee", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
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
            models.Index(fields=["company", "-at", "-id"], name="event_of_company"),
            models.Index(fields=["actor", "-at", "-id"], name="event_of_person"),
            models.Index(
                fields=["on_behalf_of", "-at", "-id"], condition=Q(on_behalf_of__isnull=False), name="event_for_person"
            ),
            models.Index("company", FAMILY, F("at").desc(), F("id").desc(), "name", name="event_of_family"),
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

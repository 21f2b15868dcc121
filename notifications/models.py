from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.events.owed import Owed

MAX_TITLE, MAX_BODY = 128, 512


class Notification(models.Model):
    """What one person is told about one event: his inbox, written in his language. Channels carry it further."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    event = models.ForeignKey("events.Event", models.PROTECT, related_name="+")
    recipient = models.ForeignKey(
        "directory.Employee",
        models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("接收人", "recipient"),
    )
    kind = models.CharField(bilingual("类型", "kind"), max_length=64)
    """The event's name."""
    title = models.CharField(bilingual("标题", "title"), max_length=MAX_TITLE)
    body = models.CharField(bilingual("内容", "body"), max_length=MAX_BODY)
    subject_type = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    path = models.CharField(max_length=200)
    """Where the client shows the subject, below PUBLIC_URL."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    """By the database's clock under the recipient's lock, so one inbox grows strictly forward: nothing appears later
    with an earlier time."""
    read_at = models.DateTimeField(bilingual("已读时间", "read at"), null=True, blank=True)

    FIELD_CLASSES: ClassVar[Classes] = {"body": ("receivable",)}
    """It may tell its recipient what was paid; the administrator who looks on sees it as far as he sees that."""

    class Meta:
        verbose_name = bilingual("通知", "notification")
        verbose_name_plural = bilingual("通知", "notifications")
        constraints = [models.UniqueConstraint(fields=["event", "recipient"], name="tell_each_person_once")]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="notification_newest"),
            models.Index(
                fields=["recipient", "-created_at", "-id"], condition=Q(read_at=None), name="notification_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Message(Owed):
    """One notification owed through one channel."""

    class Outcome(models.TextChoices):
        SENT = "sent", bilingual("已发送", "sent")
        NOT_REACHABLE = "not_reachable", bilingual("无法送达", "not reachable")
        MOOT = "moot", bilingual("已无须发送", "no longer needed")

    task_name = "notifications.send"
    id_argument = "message_id"

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="messages")
    channel = models.CharField(bilingual("渠道", "channel"), max_length=16)
    outcome = models.CharField(bilingual("结果", "outcome"), max_length=16, choices=Outcome.choices, blank=True)
    """How a finished message ended: nobody to reach there is an end like any other, and no error."""
    remark = models.CharField(bilingual("说明", "remark"), max_length=255, blank=True)
    external_id = models.CharField(bilingual("外部编号", "external id"), max_length=128, blank=True)
    """The channel's own number of what it sent."""

    class Meta(Owed.Meta):
        verbose_name = bilingual("推送消息", "message")
        verbose_name_plural = bilingual("推送消息", "messages")
        constraints = [models.UniqueConstraint(fields=["notification", "channel"], name="one_message_per_channel")]

    def __str__(self) -> str:
        return f"{self.channel} #{self.pk}"

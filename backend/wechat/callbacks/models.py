from django.db import models

from backend.core.text import bilingual
from backend.events.owed import Owed


class Callback(Owed):
    """One message the platform has sent us: kept before it is answered, worked on after. Its key orders arrival."""

    task_name = "wechat.callback"
    id_argument = "callback_id"

    app = models.ForeignKey("wechat.App", models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the plaintext: the platform repeats a message until it is answered, sealed anew each time."""
    name = models.CharField(bilingual("事件", "event"), max_length=64)
    subject = models.CharField(bilingual("对象", "about"), max_length=128, blank=True)
    """Callbacks about one thing are worked on one after another; empty: in any order."""
    text = models.TextField()
    received_at = models.DateTimeField(bilingual("收到时间", "received at"))

    class Meta(Owed.Meta):
        verbose_name = bilingual("平台回调", "callback")
        verbose_name_plural = bilingual("平台回调", "callbacks")
        constraints = [models.UniqueConstraint(fields=["app", "digest"], name="callback_once")]
        indexes = [
            *Owed.Meta.indexes,
            models.Index(
                fields=["app", "subject", "id"], condition=models.Q(finished_at=None), name="callback_of_subject"
            ),
            models.Index(fields=["received_at"], name="callback_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"

    def waits_no_more(self) -> bool:
        """Its turn has come; False where it was woken once more meanwhile, and so is no longer this worker's."""
        return bool(self._mine().update(error=""))

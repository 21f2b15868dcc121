from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.db import models

from backend.core import clock
from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.events import services as events
from backend.events.owed import Owed
from backend.exports import kinds


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, actor: Actor) -> Self:
        """Whoever asked for it, and nobody else: it was made with his rights."""
        return self.filter(company_id=actor.company_id, requested_by_id=actor.person_id)


class Export(Owed):
    """A file that a person has asked for, owed to him by a job, and kept for some days.

    A row is claimed, retried and buried like all that is owed; `state` says it for the person.
    """

    task_name = "exports.make"
    id_argument = "export_id"
    lease_s: ClassVar[float] = 120.0
    """Renewed with every portion: a killed worker's export is begun anew after this, however long it takes in all."""
    TIME_LIMIT_S: ClassVar[int] = 3600
    EVENT_VALUES: ClassVar[dict[str, dict[str, str]]] = {"kind": kinds.NAMES}

    class State(models.TextChoices):
        WAITING = "waiting", bilingual("排队中", "waiting")
        RUNNING = "running", bilingual("生成中", "running")
        READY = "ready", bilingual("可下载", "ready")
        FAILED = "failed", bilingual("失败", "failed")
        EXPIRED = "expired", bilingual("已过期", "expired")

    class Reason(models.TextChoices):
        """Why there is no file."""

        LEFT = "left", bilingual("申请人已离职", "who asked for it has left")
        FORBIDDEN = "forbidden", bilingual("申请人已无此权限", "who asked for it may no longer")
        TOO_MANY_ROWS = "too_many_rows", bilingual("行数过多，请缩小范围", "too many rows; ask for fewer")
        GIVEN_UP = "given_up", bilingual("多次尝试未成功，请重新导出", "given up after many attempts; ask again")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    requested_by = models.ForeignKey(
        "directory.Employee", models.PROTECT, related_name="+", verbose_name=bilingual("申请人", "asked for by")
    )
    kind = models.CharField(bilingual("内容", "what"), max_length=32)
    filters = models.JSONField(bilingual("筛选条件", "filters"), default=dict)
    created_from = models.BinaryField(max_length=32, editable=False)
    """Fingerprint of the request: an id stands for one content."""
    rows_done = models.PositiveIntegerField(bilingual("已完成行数", "rows done"), default=0)
    rows_total = models.PositiveIntegerField(bilingual("总行数", "rows in all"), null=True, blank=True)
    """As they were counted when the job began; rows that come or go meanwhile make the difference."""
    reason = models.CharField(bilingual("失败原因", "why it failed"), max_length=16, choices=Reason.choices, blank=True)
    reach = models.JSONField(default=list, editable=False)
    """`kinds.Reach` of whoever asked for it, when it was made."""
    name = models.CharField(bilingual("文件名", "file name"), max_length=255, blank=True)
    file_key = models.CharField(max_length=160, blank=True, editable=False)
    """In the storage; empty until the file is there."""
    size = models.PositiveBigIntegerField(bilingual("字节数", "bytes"), null=True, blank=True)
    expires_at = models.DateTimeField(bilingual("保留至", "kept until"))

    company_id: UUID
    requested_by_id: UUID
    objects: ClassVar[models.Manager["Export"]] = models.Manager.from_queryset(ExportQuerySet)()

    class Meta(Owed.Meta):
        verbose_name = bilingual("导出", "export")
        verbose_name_plural = bilingual("导出", "exports")
        indexes = [
            *Owed.Meta.indexes,
            models.Index(fields=["requested_by", "-created_at", "-id"], name="export_of_person"),
            models.Index(fields=["expires_at"], name="export_expires"),
        ]

    def __str__(self) -> str:
        return self.name or self.kind

    def state(self, at: datetime) -> str:
        if self.file_key:
            return self.State.READY if at < self.expires_at else self.State.EXPIRED
        if self.status == self.Status.PENDING:
            return self.State.RUNNING if self.attempts else self.State.WAITING
        return self.State.FAILED

    @property
    def why(self) -> str:
        """A Reason, where it has failed for good."""
        return self.reason or (self.Reason.GIVEN_UP if self.status == self.Status.DEAD else "")

    def given_up(self) -> None:
        """Whoever waits for it is told."""
        told = {"kind": self.kind, "reason": self.Reason.GIVEN_UP.value}
        events.record("export.failed", self, actor=Actor.system(self.company_id), at=clock.now(), **told)

    @property
    def folder(self) -> str:
        return f"exports/{self.company_id}/{self.pk}"

from typing import ClassVar

from django.db import models
from django.db.models import Q

from backend.core.actor import Actor
from backend.core.text import bilingual
from backend.documents.models import Document
from backend.events.owed import Owed
from backend.files import bearers
from backend.files.rules import Reason


class Attachment(Document):
    """One file: declared by its owner, put into the storage, verified by a job, then shown through signed links."""

    resource: ClassVar[str] = "file"

    class Purpose(models.TextChoices):
        VISIT_PHOTO = "visit_photo", bilingual("拜访照片", "visit photo")
        VISIT_MEDIA = "visit_media", bilingual("拜访录音与视频", "visit recording")
        INVOICE = "invoice", bilingual("发票", "invoice")
        EXPENSE = "expense", bilingual("费用凭证", "expense voucher")
        OTHER = "other", bilingual("其他", "other")

    class Status(models.TextChoices):
        DECLARED = "declared", bilingual("待上传", "declared")
        UPLOADED = "uploaded", bilingual("处理中", "uploaded")
        READY = "ready", bilingual("可用", "ready")
        REFUSED = "refused", bilingual("已拒收", "refused")

    name = models.CharField(bilingual("文件名", "name"), max_length=255)
    purpose = models.CharField(bilingual("用途", "purpose"), max_length=16, choices=Purpose.choices)
    content_type = models.CharField(bilingual("类型", "content type"), max_length=64)
    size = models.PositiveIntegerField(bilingual("字节数", "bytes"))
    sha256 = models.CharField(max_length=64)
    """Hexadecimal, lower case. As declared until the file is ready, verified from then on."""
    parts = models.JSONField(default=list, db_default=[], editable=False)
    """SHA-256 of each part, hexadecimal, of a file that comes in parts; empty where it is put whole."""
    status = models.CharField(
        bilingual("状态", "status"), max_length=8, choices=Status.choices, default=Status.DECLARED
    )
    reason = models.CharField(
        bilingual("拒收原因", "why refused"), max_length=32, choices=Reason.choices, blank=True, default=""
    )
    original = models.CharField(max_length=128, blank=True)
    """Storage key of the verified bytes; empty before."""
    derivatives = models.JSONField(default=dict)
    """{"thumbnail" | "display": storage key}; empty for what is not an image."""
    caption = models.JSONField(bilingual("水印", "watermark"), default=list)
    """The watermark's lines, a list of text."""
    revision = models.PositiveIntegerField(default=0, editable=False)
    """Counts what processing was asked for: the completed upload, then each new caption."""
    rendered = models.PositiveIntegerField(default=0, editable=False)
    """The revision that `original` and `derivatives` show."""
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    taken_at = models.DateTimeField(bilingual("拍摄时间", "taken at"), null=True, blank=True)
    """What the picture's EXIF claims; the company's time zone where it names none."""
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    """What the picture's EXIF claims, WGS-84 degrees."""
    place_removed_at = models.DateTimeField(bilingual("位置删除时间", "position removed at"), null=True, editable=False)
    """When the exact position was taken out of the kept original, whose bytes are no longer those of `sha256`."""
    phash = models.BigIntegerField(null=True, blank=True)
    """Difference hash of the picture, 64 bits as a signed number: near-equal pictures differ in few bits."""

    class Meta:
        verbose_name = bilingual("附件", "file")
        verbose_name_plural = bilingual("附件", "files")
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=1), name="file_not_empty"),
            models.CheckConstraint(condition=~Q(status="ready", original=""), name="file_ready_is_stored"),
            models.CheckConstraint(condition=Q(status="refused") ^ Q(reason=""), name="file_refused_for_a_reason"),
            models.CheckConstraint(
                condition=Q(lat=None, lng=None)
                | Q(lat__isnull=False, lng__isnull=False, lat__range=(-90, 90), lng__range=(-180, 180)),
                name="file_place_on_earth",
            ),
        ]
        indexes = [models.Index(fields=["company", "sha256"], name="file_same_content")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def also_visible_to(cls, actor: Actor) -> Q:
        return bearers.shown_to(actor)


class FileJob(Owed):
    """Processing owed to one attachment: revision 0 tidies up after the upload, the others verify and render it; and
    once, when its time has come, the position in the original is forgotten."""

    class Work(models.TextChoices):
        PROCESS = "process", bilingual("校验与生成", "process")
        FORGET_PLACE = "forget_place", bilingual("删除位置", "forget the position")

    task_name = "files.process"
    id_argument = "job_id"

    work = models.CharField(
        bilingual("工作", "work"), max_length=12, choices=Work.choices, default=Work.PROCESS, db_default=Work.PROCESS
    )
    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="jobs")
    revision = models.PositiveIntegerField()

    class Meta(Owed.Meta):
        verbose_name = bilingual("附件处理", "file processing")
        verbose_name_plural = bilingual("附件处理", "file processing")
        constraints = [models.UniqueConstraint(fields=["attachment", "work", "revision"], name="file_job_once")]

    def __str__(self) -> str:
        return f"{self.attachment_id} {self.work} #{self.revision}"

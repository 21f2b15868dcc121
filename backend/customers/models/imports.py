"""Files of customers that were uploaded, and what each row of them would change or has changed."""

from typing import ClassVar, Self
from uuid import UUID

from django.db import models

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.events.owed import Owed


class CustomerImportQuerySet(models.QuerySet["CustomerImport"]):
    def visible_to(self, actor: Actor) -> Self:
        """Whoever uploaded it: its preview tells of the customers that he sees."""
        return self.filter(company_id=actor.company_id, created_by_id=actor.person_id)


class CustomerImport(Owed):
    """One uploaded file; read, compared and applied by jobs, each in portions that are marked in their transaction."""

    task_name = "customers.import_file"
    id_argument = "import_id"
    lease_s: ClassVar[float] = 120.0
    """Renewed with every portion."""
    TIME_LIMIT_S: ClassVar[int] = 3600

    class Phase(models.TextChoices):
        READING = "reading", bilingual("读取中", "reading")
        COMPARING = "comparing", bilingual("比对中", "comparing")
        PREVIEWED = "previewed", bilingual("待确认", "previewed")
        APPLYING = "applying", bilingual("导入中", "applying")
        APPLIED = "applied", bilingual("已导入", "applied")
        FAILED = "failed", bilingual("失败", "failed")

    class Alike(models.TextChoices):
        """What to do with a row that names no customer by its codes, and looks like one that is there."""

        SKIP = "skip", bilingual("跳过", "skip")
        UPDATE = "update", bilingual("更新已有客户", "update that one")
        CREATE = "create", bilingual("仍然新增", "create another")

    class Rows(models.TextChoices):
        ALL = "all", bilingual("全部行", "all rows")
        GOOD = "good", bilingual("仅无误的行", "the good rows")

    class Reason(models.TextChoices):
        BAD_FILE = "bad_file", bilingual("无法读取该文件", "the file cannot be read")
        FILE_TOO_LARGE = "file_too_large", bilingual("超过 10 万行", "it has more than 100,000 rows")
        COLUMN_MISSING = "column_missing", bilingual("缺少“客户名称”列", "it has no column of names")
        FORBIDDEN = "forbidden", bilingual("申请人已无此权限", "who asked for it may no longer")
        GIVEN_UP = "given_up", bilingual("多次尝试未成功，请重试", "given up after many attempts; try again")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_by = models.ForeignKey(
        "directory.Employee", models.PROTECT, related_name="+", verbose_name=bilingual("上传人", "uploaded by")
    )
    name = models.CharField(bilingual("文件名", "file name"), max_length=255)
    digest = models.BinaryField(max_length=32, editable=False)
    """SHA-256 of the file: an id stands for one content."""
    content = models.BinaryField(editable=False)
    """The file, until its rows are read."""
    phase = models.CharField(bilingual("阶段", "phase"), max_length=9, choices=Phase.choices, default=Phase.READING)
    alike = models.CharField(
        bilingual("疑似重复", "likely duplicates"), max_length=6, choices=Alike.choices, default=Alike.SKIP
    )
    ignored = models.JSONField(bilingual("未识别的列", "unknown columns"), default=list)
    headings = models.JSONField(default=list, editable=False)
    """[field, heading] of the columns that were read, in the order of the file."""
    rows_total = models.PositiveIntegerField(bilingual("总行数", "rows in all"), null=True, blank=True)
    rows_done = models.PositiveIntegerField(bilingual("已处理行数", "rows done"), default=0)
    """Of the present phase."""
    mark = models.PositiveIntegerField(default=0, editable=False)
    """Number of the last row that the present phase is done with."""
    counts = models.JSONField(bilingual("结果", "outcome"), default=dict)
    """{outcome: rows} of the preview."""
    seen = models.BinaryField(max_length=32, editable=False, default=bytes)
    """Over the preview's rows: what somebody confirms is what he has seen."""
    rows_taken = models.CharField(bilingual("导入的行", "rows taken"), max_length=4, choices=Rows.choices, blank=True)
    rows_applied = models.PositiveIntegerField(bilingual("已导入行数", "rows applied"), default=0)
    rows_outdated = models.PositiveIntegerField(bilingual("已变化未导入", "changed meanwhile, left"), default=0)
    reason = models.CharField(bilingual("失败原因", "why it failed"), max_length=16, choices=Reason.choices, blank=True)
    previewed_at = models.DateTimeField(bilingual("预览时间", "previewed at"), null=True, blank=True)
    applied_at = models.DateTimeField(bilingual("导入时间", "applied at"), null=True, blank=True)

    company_id: UUID
    created_by_id: UUID
    objects: ClassVar[models.Manager["CustomerImport"]] = models.Manager.from_queryset(CustomerImportQuerySet)()

    class Meta(Owed.Meta):
        verbose_name = bilingual("客户导入", "customer import")
        verbose_name_plural = bilingual("客户导入", "customer imports")
        indexes = [
            *Owed.Meta.indexes,
            models.Index(fields=["created_by", "-created_at", "-id"], name="customer_import_of_person"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def preview(self) -> str:
        return bytes(self.seen).hex()

    @property
    def state(self) -> str:
        """Its phase; failed too where no worker survived the attempts."""
        return self.Phase.FAILED if self.status == self.Status.DEAD else self.phase

    @property
    def why(self) -> str:
        return self.reason or (self.Reason.GIVEN_UP if self.status == self.Status.DEAD else "")

    @property
    def is_working(self) -> bool:
        return self.status == self.Status.PENDING and self.phase in (
            self.Phase.READING,
            self.Phase.COMPARING,
            self.Phase.APPLYING,
        )


class CustomerImportRow(models.Model):
    """What one row does. Its key goes against the order of the file, as pages show the newest key first."""

    class Outcome(models.TextChoices):
        CREATED = "created", bilingual("新增", "created")
        CHANGED = "changed", bilingual("修改", "changed")
        UNCHANGED = "unchanged", bilingual("不变", "unchanged")
        SKIPPED = "skipped", bilingual("跳过", "skipped")
        ERROR = "error", bilingual("有误", "error")

    class Result(models.TextChoices):
        APPLIED = "applied", bilingual("已导入", "applied")
        OUTDATED = "outdated", bilingual("预览后已变化", "changed since the preview")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    file = models.ForeignKey(CustomerImport, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    """As the spreadsheet counts."""
    cells = models.JSONField(default=dict)
    """{field: text}, empty ones left out."""
    traps = models.JSONField(default=list)
    """Problems that show in the cells and the file alone."""
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    """Empty until it has been compared."""
    customer_id = models.UUIDField(null=True)
    """Whom it is about; null for a new one."""
    version = models.PositiveIntegerField(null=True)
    """Of that customer, as the preview saw it."""
    changes = models.JSONField(default=list)
    """[{"field", "before", "after"}] in text."""
    problems = models.JSONField(default=list)
    """[{"column", "code", "about"}]; of a row that is skipped, why."""
    result = models.CharField(max_length=8, choices=Result.choices, blank=True)
    created_at = models.DateTimeField()

    company_id: UUID
    file_id: UUID

    class Meta:
        verbose_name = bilingual("客户导入行", "imported row of customers")
        verbose_name_plural = bilingual("客户导入行", "imported rows of customers")
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="customer_import_row_once")]
        indexes = [
            models.Index(fields=["file", "-id"], name="customer_import_rows"),
            models.Index(fields=["file", "outcome", "-id"], name="customer_import_outcomes"),
        ]

    def __str__(self) -> str:
        return str(self.number)

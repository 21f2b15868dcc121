"""Files of departments and employees that were uploaded, and what each row of them would change or has changed."""

from django.db import models

from backend.core.ids import new_id
from backend.core.text import bilingual


class DirectoryImport(models.Model):
    """One uploaded file with its preview; applied once, or forgotten."""

    class Status(models.TextChoices):
        PREVIEWED = "previewed", bilingual("待确认", "previewed")
        APPLIED = "applied", bilingual("已导入", "applied")

    class Rows(models.TextChoices):
        ALL = "all", bilingual("全部行", "all rows")
        GOOD = "good", bilingual("仅无误的行", "the good rows")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    name = models.CharField(bilingual("文件名", "file name"), max_length=255)
    digest = models.BinaryField(max_length=32, editable=False)
    """SHA-256 of the file: an id stands for one content."""
    content = models.BinaryField(editable=False)
    """The file; emptied once it is applied."""
    status = models.CharField(
        bilingual("状态", "status"), max_length=9, choices=Status.choices, default=Status.PREVIEWED
    )
    counts = models.JSONField(bilingual("结果", "outcome"), default=dict)
    """{"departments" | "employees": {outcome: rows}}"""
    ignored = models.JSONField(bilingual("未识别的列", "unknown columns"), default=list)
    seen = models.BinaryField(max_length=32, editable=False)
    """SHA-256 of the preview's rows: what somebody confirms is what he has seen."""
    rows_taken = models.CharField(bilingual("导入的行", "rows taken"), max_length=4, choices=Rows.choices, blank=True)
    created_by = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("上传人", "uploaded by"),
    )
    created_at = models.DateTimeField(bilingual("上传时间", "uploaded at"))
    previewed_at = models.DateTimeField(bilingual("预览时间", "previewed at"))
    applied_by = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("导入人", "applied by"),
    )
    applied_at = models.DateTimeField(bilingual("导入时间", "applied at"), null=True, blank=True)

    class Meta:
        verbose_name = bilingual("组织导入", "directory import")
        verbose_name_plural = bilingual("组织导入", "directory imports")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="previewed", applied_at=None)
                | models.Q(status="applied", applied_at__isnull=False),
                name="directory_import_applied_when",
            )
        ]
        indexes = [models.Index(fields=["company", "-created_at"], name="directory_import_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def preview(self) -> str:
        return bytes(self.seen).hex()

    @property
    def errors(self) -> int:
        return sum(found.get(DirectoryImportRow.Outcome.ERROR, 0) for found in self.counts.values())

    @property
    def effects(self) -> int:
        """Rows that change something."""
        outcomes = (DirectoryImportRow.Outcome.CREATED, DirectoryImportRow.Outcome.CHANGED)
        return sum(found.get(outcome, 0) for found in self.counts.values() for outcome in outcomes)


class DirectoryImportRow(models.Model):
    """What one row does. Its key goes against the order of the file, as pages show the newest key first."""

    class Sheet(models.TextChoices):
        DEPARTMENTS = "departments", bilingual("部门", "departments")
        EMPLOYEES = "employees", bilingual("员工", "employees")

    class Outcome(models.TextChoices):
        CREATED = "created", bilingual("新增", "created")
        CHANGED = "changed", bilingual("修改", "changed")
        UNCHANGED = "unchanged", bilingual("不变", "unchanged")
        ERROR = "error", bilingual("有误", "error")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    file = models.ForeignKey(DirectoryImport, models.CASCADE, related_name="rows", db_index=False)
    sheet = models.CharField(max_length=11, choices=Sheet.choices)
    number = models.PositiveIntegerField()
    """As the spreadsheet counts."""
    key = models.CharField(max_length=64)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    changes = models.JSONField(default=list)
    """[{"field", "before", "after"}] in text."""
    problems = models.JSONField(default=list)
    """[{"column", "code", "about"}]"""
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = bilingual("导入行", "imported row")
        verbose_name_plural = bilingual("导入行", "imported rows")
        indexes = [
            models.Index(fields=["file", "-id"], name="directory_import_rows"),
            models.Index(fields=["file", "outcome", "-id"], name="directory_import_outcomes"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} {self.number}"

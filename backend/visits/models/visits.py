from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from backend.core.actor import Actor, Scope
from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.documents.models import Document
from backend.visits.rules import Verdict


class VisitPlan(Document):
    """The intention of one employee to visit one customer on one day."""

    resource = "visit"

    class Status(models.TextChoices):
        PLANNED = "planned", bilingual("已计划", "planned")
        DONE = "done", bilingual("已完成", "done")
        CANCELLED = "cancelled", bilingual("已取消", "cancelled")

    # The composite indexes below begin with these columns and serve their foreign keys too.
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    planned_on = models.DateField(bilingual("计划日期", "planned on"))
    starts_at = models.DateTimeField(bilingual("开始时间", "starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(bilingual("结束时间", "ends at"), null=True, blank=True)
    purpose = models.CharField(bilingual("目的", "purpose"), max_length=255, blank=True)
    status = models.CharField(bilingual("状态", "status"), max_length=9, choices=Status.choices, default=Status.PLANNED)
    cancel_reason = models.CharField(bilingual("取消原因", "reason for cancelling"), max_length=255, blank=True)
    series = models.ForeignKey(
        "visits.PlanSeries", models.PROTECT, null=True, blank=True, related_name="plans", db_index=False
    )
    assigned_by = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("安排人", "assigned by"),
    )
    substitute_for = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("代替", "substitute for"),
    )
    """Whose plan it was before a colleague took it over."""
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    customer_id: UUID
    series_id: UUID | None
    assigned_by_id: UUID | None
    substitute_for_id: UUID | None

    class Meta:
        verbose_name = bilingual("拜访计划", "visit plan")
        verbose_name_plural = bilingual("拜访计划", "visit plans")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at__isnull=False, ends_at__gt=models.F("starts_at")),
                name="visit_plan_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["series", "planned_on"], condition=Q(series__isnull=False), name="one_plan_per_day_of_series"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "planned_on"], name="visit_plan_of_company"),
            models.Index(fields=["department", "planned_on"], name="visit_plan_of_department"),
            models.Index(fields=["owner", "planned_on"], name="visit_plan_of_owner"),
            models.Index(
                fields=["starts_at"],
                condition=Q(status="planned", reminded_at=None, starts_at__isnull=False),
                name="visit_plan_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.planned_on} {self.customer_id}"


class Visit(Document):
    """One employee at one customer: created, open from check-in to check-out, then completed."""

    resource = "visit"

    FIELD_CLASSES: ClassVar[Classes] = {"amount": ("receivable",)}
    """What its events tell of money that the customer has promised to pay."""

    class Status(models.TextChoices):
        CREATED = "created", bilingual("未签到", "created")
        OPEN = "open", bilingual("拜访中", "open")
        COMPLETED = "completed", bilingual("已完成", "completed")
        CANCELLED = "cancelled", bilingual("已取消", "cancelled")

    Verdict = Verdict

    class ClosedBy(models.TextChoices):
        OWNER = "owner", bilingual("本人签退", "checked out")
        MANAGER = "manager", bilingual("主管代签退", "closed by a manager")
        SYSTEM = "system", bilingual("夜间自动签退", "closed by night")

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", bilingual("认可", "accepted")
        REJECTED = "rejected", bilingual("不认可", "rejected")

    # The composite indexes below begin with these columns and serve their foreign keys too: a check-in moves
    # `started_at` and so writes every index of the row, and each one less makes it cheaper.
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", db_index=False)
    plan = models.ForeignKey(VisitPlan, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    purpose = models.CharField(bilingual("目的", "purpose"), max_length=255, blank=True)
    status = models.CharField(bilingual("状态", "status"), max_length=9, choices=Status.choices, default=Status.CREATED)
    started_at = models.DateTimeField(bilingual("开始时间", "started at"))
    """When it was created, then when the server took the check-in; lists are newest first by it."""

    checked_in_at = models.DateTimeField(bilingual("签到时间", "checked in at"), null=True, blank=True)
    checked_in_from = models.BinaryField(max_length=32, null=True, editable=False)
    """Fingerprint of the check-in as sent: tells a repeated one from a second one."""
    captured_at = models.DateTimeField(bilingual("手机时间", "device time"), null=True, blank=True)
    """The phone's clock at check-in; `skew_s` is the server's clock minus it, less `kept_back_s`."""
    skew_s = models.FloatField(bilingual("时钟偏差（秒）", "clock skew (s)"), null=True, blank=True)
    kept_back_s = models.FloatField(bilingual("补传延迟（秒）", "kept back (s)"), default=0.0, db_default=0.0)
    """From the tap until the phone sent the check-in, by its own clock."""
    device_id = models.CharField(bilingual("设备", "device"), max_length=64, blank=True)
    lat = models.FloatField(bilingual("纬度", "latitude"), null=True, blank=True)
    """Of the most accurate sample, WGS-84 degrees, like `lng`; `accuracy_m` is its radius."""
    lng = models.FloatField(bilingual("经度", "longitude"), null=True, blank=True)
    accuracy_m = models.FloatField(bilingual("精度（米）", "accuracy (m)"), null=True, blank=True)
    distance_m = models.FloatField(bilingual("距客户（米）", "distance from customer (m)"), null=True, blank=True)
    verdict = models.CharField(bilingual("核实结果", "verdict"), max_length=12, choices=Verdict.choices, blank=True)
    """Empty before check-in."""
    reasons = models.JSONField(bilingual("原因", "reasons"), default=list, blank=True)
    """Of the verdict: [{code, value, limit, unit}] as `rules.Reason`."""

    template_version = models.ForeignKey(
        "visits.TemplateVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("拜访模板", "template"),
    )
    """The version in force for the customer at check-in; it stays whatever is published later."""
    missing_actions = ArrayField(
        models.CharField(max_length=32),
        default=list,
        db_default=[],
        blank=True,
        verbose_name=bilingual("缺少的动作", "missing actions"),
    )
    """Keys of required actions that were not done when somebody else closed it, or are no longer; of a visit that is
    over. Late answers take them away again."""

    checked_out_at = models.DateTimeField(bilingual("签退时间", "checked out at"), null=True, blank=True)
    check_out_kept_back_s = models.FloatField(
        bilingual("签退补传延迟（秒）", "check-out kept back (s)"), default=0.0, db_default=0.0
    )
    closed_by = models.CharField(
        bilingual("签退方式", "closed by"),
        max_length=7,
        choices=ClosedBy.choices,
        blank=True,
        default="",
        db_default="",
    )
    """Who checked out; empty before. Where it was not the owner, nobody knows how long the visit took."""
    cancel_reason = models.CharField(bilingual("取消原因", "reason for cancelling"), max_length=255, blank=True)
    summary = models.TextField(bilingual("小结", "summary"), blank=True)
    next_step = models.CharField(bilingual("下一步", "next step"), max_length=255, blank=True)
    next_on = models.DateField(bilingual("下次日期", "next date"), null=True, blank=True)
    next_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its owner was reminded of the day he wrote; empty again once he writes another."""

    decision = models.CharField(bilingual("审核", "decision"), max_length=8, choices=Decision.choices, blank=True)
    decision_reason = models.CharField(bilingual("审核理由", "reason"), max_length=255, blank=True)
    decided_by = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("审核人", "decided by"),
    )
    decided_at = models.DateTimeField(bilingual("审核时间", "decided at"), null=True, blank=True)

    customer_id: UUID
    plan_id: UUID | None
    template_version_id: UUID | None
    decided_by_id: UUID | None

    class Meta:
        verbose_name = bilingual("拜访", "visit")
        verbose_name_plural = bilingual("拜访", "visits")
        constraints = [
            models.UniqueConstraint(fields=["owner"], condition=Q(status="open"), name="one_open_visit_per_employee"),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(plan__isnull=False) & ~Q(status="cancelled"), name="one_visit_per_plan"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["created", "cancelled"], checked_in_at=None, verdict="")
                | (Q(status="open", checked_in_at__isnull=False, checked_out_at=None) & ~Q(verdict=""))
                | (Q(status="completed", checked_in_at__isnull=False, checked_out_at__isnull=False) & ~Q(verdict="")),
                name="visit_times_fit_status",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-started_at", "-id"], name="visit_of_company"),
            models.Index(fields=["department", "-started_at", "-id"], name="visit_of_department"),
            models.Index(fields=["owner", "-started_at", "-id"], name="visit_of_owner"),
            models.Index(fields=["customer", "-started_at", "-id"], name="visit_of_customer"),
            models.Index(
                fields=["company", "-started_at", "-id"],
                condition=Q(decision="", verdict__in=[Verdict.UNVERIFIABLE, Verdict.OUT_OF_RANGE, Verdict.SUSPECT]),
                name="visit_waits_for_review",
            ),
            models.Index(
                fields=["next_on"], condition=Q(next_on__isnull=False, next_told_at=None), name="visit_to_follow_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.customer_id}"

    @property
    def is_doubtful(self) -> bool:
        return self.verdict not in {"", self.Verdict.VERIFIED}

    @property
    def came_at(self) -> datetime | None:
        """When he checked in there, however long his phone kept it back."""
        return self.checked_in_at and self.checked_in_at - timedelta(seconds=self.kept_back_s)

    @property
    def minutes(self) -> int | None:
        """Whole minutes that he was there; None where its owner has not checked out himself. What the phone kept back
        is taken off at both ends."""
        if self.checked_in_at is None or self.checked_out_at is None or self.closed_by != self.ClosedBy.OWNER:
            return None
        kept_back = self.check_out_kept_back_s - self.kept_back_s
        seconds = (self.checked_out_at - self.checked_in_at).total_seconds() - kept_back
        return max(0, int(seconds // 60))

    def in_command(self, actor: Actor) -> bool:
        """Whether the actor answers for whoever makes it: his data scope reaches him, or he is his manager.

        Seeing it is not enough: a co-visitor sees it too. Nobody is in command of his own.
        """
        if self.owner_id == actor.employee_id:
            return False
        within_reach = self.department_id in actor.departments(self.resource)
        reports = self.owner.manager_id is not None and self.owner.manager_id == actor.employee_id
        return within_reach or reports or actor.scope(self.resource) == Scope.COMPANY


class VisitCompanion(models.Model):
    """A co-visitor: told by the owner, shown the visit, and asked to confirm that he was there."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="companions", db_index=False)
    employee = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(bilingual("确认时间", "confirmed at"), null=True, blank=True)

    company_id: UUID
    employee_id: UUID

    class Meta:
        verbose_name = bilingual("同访人", "co-visitor")
        verbose_name_plural = bilingual("同访人", "co-visitors")
        constraints = [models.UniqueConstraint(fields=["visit", "employee"], name="visit_companion_once")]


class CheckInSample(models.Model):
    """One position as the phone reported it, and the same in WGS-84; evidence, so never changed."""

    class Stage(models.TextChoices):
        CHECK_IN = "check_in", bilingual("签到", "check-in")
        CHECK_OUT = "check_out", bilingual("签退", "check-out")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="samples")
    stage = models.CharField(max_length=9, choices=Stage.choices)
    lat = models.FloatField()
    lng = models.FloatField()
    accuracy_m = models.FloatField()
    crs = models.CharField(max_length=5)
    fixed_at = models.DateTimeField()
    source = models.CharField(max_length=8)
    wgs84_lat = models.FloatField()
    wgs84_lng = models.FloatField()

    company_id: UUID

    class Meta:
        verbose_name = bilingual("定位样本", "position sample")
        verbose_name_plural = bilingual("定位样本", "position samples")


class VisitPhoto(models.Model):
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="photos", db_index=False)
    attachment = models.ForeignKey("files.Attachment", models.PROTECT, related_name="+")
    tag = models.CharField(bilingual("标签", "tag"), max_length=32, blank=True)
    created_at = models.DateTimeField()
    is_late = models.BooleanField(bilingual("补交", "late"), default=False, db_default=False)
    """It came for an action of a visit that was over."""
    bands = ArrayField(models.IntegerField(), null=True, editable=False)
    """`rules.bands_of` its hash once the file is verified; empty where the picture tells nothing apart."""
    copied_bits = models.PositiveSmallIntegerField(
        bilingual("与更早照片相差位数", "bits from an earlier one"), null=True
    )
    """The earlier photo of another visit of the company that is nearest to it; 0 where the bytes are the same, null
    where none is near."""

    company_id: UUID
    visit_id: UUID

    class Meta:
        verbose_name = bilingual("拜访照片", "visit photo")
        verbose_name_plural = bilingual("拜访照片", "visit photos")
        constraints = [models.UniqueConstraint(fields=["visit", "attachment"], name="visit_photo_once")]
        indexes = [GinIndex(fields=["bands"], name="visit_photo_bands")]


class VisitComment(models.Model):
    """What somebody who sees the visit says about it; never changed."""

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="comments")
    author = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    text = models.TextField(bilingual("内容", "text"))
    created_at = models.DateTimeField()

    company_id: UUID
    CONTENT: ClassVar[tuple[str, ...]] = ("visit_id", "author_id", "text")
    """What a repeated create must match."""

    class Meta:
        verbose_name = bilingual("拜访点评", "visit comment")
        verbose_name_plural = bilingual("拜访点评", "visit comments")

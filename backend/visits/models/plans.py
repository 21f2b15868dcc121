"""What makes plans: series that recur, colleagues who stand in, and how often each level of customer is to be seen."""

from datetime import date
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.documents.models import Document
from backend.visits.rules.planning import Pattern, Recurrence


class PlanSeries(Document):
    """Plans of one employee with one customer that recur, made some weeks ahead."""

    resource = "visit"

    class Kind(models.TextChoices):
        WEEKDAYS = Recurrence.WEEKDAYS.value, bilingual("按星期", "on weekdays")
        EVERY_N_DAYS = Recurrence.EVERY_N_DAYS.value, bilingual("每隔若干天", "every n days")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    kind = models.CharField(bilingual("重复方式", "recurrence"), max_length=12, choices=Kind.choices)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=bilingual("星期", "weekdays"), default=list)
    """ISO 8601, 1 for Monday."""
    every_days = models.PositiveSmallIntegerField(bilingual("间隔天数", "every (days)"), default=1)
    first_on = models.DateField(bilingual("开始日期", "first day"))
    last_on = models.DateField(bilingual("结束日期", "last day"), null=True, blank=True)
    starts = models.TimeField(bilingual("时间", "time"), null=True, blank=True)
    """Of the day, in the company's time zone."""
    minutes = models.PositiveSmallIntegerField(bilingual("时长（分钟）", "minutes"), null=True, blank=True)
    purpose = models.CharField(bilingual("目的", "purpose"), max_length=255, blank=True)
    made_to = models.DateField(null=True, blank=True, editable=False)
    """The last day up to which its plans have been made; what was cancelled among them is not made again."""
    ended_at = models.DateTimeField(bilingual("停止时间", "ended at"), null=True, blank=True)

    customer_id: UUID

    class Meta:
        verbose_name = bilingual("周期拜访", "recurring visit")
        verbose_name_plural = bilingual("周期拜访", "recurring visits")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on=None) | Q(last_on__gte=F("first_on")), name="plan_series_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(every_days__range=(1, 366)), name="plan_series_step"),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="plan_series_of_company"),
            models.Index(fields=["department", "-created_at", "-id"], name="plan_series_of_department"),
            models.Index(fields=["owner", "-created_at", "-id"], name="plan_series_of_owner"),
            models.Index(fields=["made_to"], condition=Q(ended_at=None), name="plan_series_running"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"

    @property
    def pattern(self) -> Pattern:
        return Pattern(Recurrence(self.kind), self.first_on, self.last_on, tuple(self.weekdays), self.every_days)


class PlanSubstitution(Document):
    """From one day to another a colleague makes somebody's visits; its owner is who arranged it."""

    resource = "visit"

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    absent = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("缺席人", "absent"),
    )
    substitute = models.ForeignKey(
        "directory.Employee", models.PROTECT, related_name="+", verbose_name=bilingual("代访人", "substitute")
    )
    first_on = models.DateField(bilingual("开始日期", "first day"))
    last_on = models.DateField(bilingual("结束日期", "last day"))
    reason = models.CharField(bilingual("原因", "reason"), max_length=255, blank=True)

    absent_id: UUID
    substitute_id: UUID

    class Meta:
        verbose_name = bilingual("代访", "substitution")
        verbose_name_plural = bilingual("代访", "substitutions")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")) & ~Q(substitute=F("absent")), name="substitution_makes_sense"
            )
        ]
        indexes = [
            models.Index(fields=["absent", "last_on"], name="substitution_of_absent"),
            models.Index(fields=["company", "-created_at", "-id"], name="substitution_of_company"),
            models.Index(fields=["department", "-created_at", "-id"], name="substitution_of_dept"),
            models.Index(fields=["owner", "-created_at", "-id"], name="substitution_of_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.first_on} – {self.last_on}"

    def covers(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


class VisitCadence(models.Model):
    """How often customers of one level are to be visited; a level without one is not counted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    level = models.CharField(bilingual("客户等级", "customer level"), max_length=16)
    every_days = models.PositiveSmallIntegerField(bilingual("至少每隔（天）", "at least every (days)"))

    company_id: UUID

    class Meta:
        verbose_name = bilingual("拜访频次", "visit cadence")
        verbose_name_plural = bilingual("拜访频次", "visit cadences")
        constraints = [
            models.UniqueConstraint(fields=["company", "level"], name="cadence_of_level_once"),
            models.CheckConstraint(condition=Q(every_days__range=(1, 366)), name="cadence_days"),
        ]

    def __str__(self) -> str:
        return f"{self.level}: {self.every_days}"

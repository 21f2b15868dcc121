"""On what terms a company takes check-ins: its thresholds, how long it keeps positions, and what people agree to."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.visits.rules import DEFAULT_LIMITS, Limits

POSITIONS_KEPT_DAYS = 180
CLOSES_AFTER_H = 12


class VisitPolicy(models.Model):
    """At most one of a company; without it the defaults hold."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.OneToOneField("directory.Company", models.PROTECT, related_name="+")
    limits = models.JSONField(bilingual("判定阈值", "thresholds"), default=dict, blank=True)
    """{field of rules.Limits: value}; what is not named stays at its default."""
    positions_kept_days = models.PositiveIntegerField(
        bilingual("精确位置保留天数", "days that exact positions are kept"), default=POSITIONS_KEPT_DAYS
    )
    closes_after_h = models.PositiveIntegerField(
        bilingual("未签退自动关闭（小时）", "hours until a forgotten check-out is made up for"), default=CLOSES_AFTER_H
    )
    """And not before the day of the check-in is over."""
    coarse_until = models.DateTimeField(null=True, blank=True, editable=False)
    """The positions of visits begun up to then have been coarsened."""
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(bilingual("更新时间", "changed at"))

    company_id: UUID

    class Meta:
        verbose_name = bilingual("签到规则", "check-in policy")
        verbose_name_plural = bilingual("签到规则", "check-in policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(positions_kept_days__range=(1, 3650), closes_after_h__range=(1, 72)),
                name="visit_policy_within_reason",
            )
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def default(cls, company_id: UUID, at: datetime) -> "VisitPolicy":
        """As it is before anybody has changed it; not stored, version 0."""
        return cls(company_id=company_id, version=0, updated_at=at)

    @property
    def in_force(self) -> Limits:
        return replace(DEFAULT_LIMITS, **self.limits)


class ConsentText(models.Model):
    """What a person agrees to before the first check-in; never changed, replaced by the next version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField(bilingual("版本", "version"))
    zh = models.TextField(bilingual("中文文本", "text in Chinese"))
    en = models.TextField(bilingual("英文文本", "text in English"))
    published_at = models.DateTimeField(bilingual("发布时间", "published at"))

    company_id: UUID

    class Meta:
        verbose_name = bilingual("定位授权文本", "consent text")
        verbose_name_plural = bilingual("定位授权文本", "consent texts")
        constraints = [models.UniqueConstraint(fields=["company", "version"], name="consent_text_version_once")]

    def __str__(self) -> str:
        return f"#{self.version}"


class Consent(models.Model):
    """One person has agreed to one text, and may have taken it back."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    employee = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(bilingual("同意时间", "given at"))
    withdrawn_at = models.DateTimeField(bilingual("撤回时间", "withdrawn at"), null=True, blank=True)

    company_id: UUID
    employee_id: UUID
    text_id: UUID

    class Meta:
        verbose_name = bilingual("定位授权", "consent")
        verbose_name_plural = bilingual("定位授权", "consents")
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "text"], condition=Q(withdrawn_at=None), name="consent_in_force_once"
            )
        ]

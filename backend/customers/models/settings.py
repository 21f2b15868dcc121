"""What a company decides about its customers."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.core.text import bilingual
from backend.customers.models.customer import Customer


class PoolRules(models.Model):
    """Of the public pool (公海). Null is no limit; a company without a row has none."""

    company = models.OneToOneField("directory.Company", models.CASCADE, related_name="+")
    most_held = models.PositiveIntegerField(bilingual("每人持有上限", "most held by one person"), null=True, blank=True)
    """Customers of his, closed and bad ones not counted, beyond which he claims no more."""
    claims_a_day = models.PositiveIntegerField(bilingual("每人每日领取上限", "claims a day"), null=True, blank=True)
    """By the company's calendar; what he gave back the same day does not count."""
    return_after_days = models.PositiveIntegerField(
        bilingual("闲置天数后退回", "returned after idle days"), null=True, blank=True
    )
    returned_statuses = ArrayField(
        models.CharField(max_length=8, choices=Customer.Status.choices),
        default=list,
        blank=True,
        verbose_name=bilingual("自动退回的状态", "states that are returned"),
    )

    company_id: UUID
    LIMITS: ClassVar[tuple[str, ...]] = ("most_held", "claims_a_day", "return_after_days", "returned_statuses")

    class Meta:
        verbose_name = bilingual("公海规则", "pool rules")
        verbose_name_plural = bilingual("公海规则", "pool rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(return_after_days=None) | Q(return_after_days__gte=1), name="pool_idle_a_day_or_more"
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class CustomerField(models.Model):
    """A field of the company's own that its customers have besides ours; their values are in `Customer.details`."""

    class Kind(models.TextChoices):
        TEXT = "text", bilingual("文本", "text")
        NUMBER = "number", bilingual("数字", "number")
        DAY = "day", bilingual("日期", "day")
        CHOICE = "choice", bilingual("选项", "choice")

    company = models.ForeignKey("directory.Company", models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(bilingual("键", "key"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    kind = models.CharField(bilingual("类型", "kind"), max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=bilingual("选项", "choices")
    )
    is_required = models.BooleanField(bilingual("必填", "required"), default=False)
    is_active = models.BooleanField(bilingual("启用", "in use"), default=True)
    position = models.PositiveIntegerField(bilingual("排序", "order"), default=0)

    company_id: UUID

    class Meta:
        verbose_name = bilingual("客户自定义字段", "field of customers")
        verbose_name_plural = bilingual("客户自定义字段", "fields of customers")
        constraints = [models.UniqueConstraint(fields=["company", "key"], name="customer_field_once")]

    def __str__(self) -> str:
        return self.name

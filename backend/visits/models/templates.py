"""What a company asks its people to do on a visit, and what they answered."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.visits.rules.actions import Kind


class VisitTemplate(models.Model):
    """For customers of a type, of a level, of both or for all. What it asks is in its versions.

    Of the active ones the most specific is followed: type and level, else type, else level, else the one for all. There
    is at most one of each, so two never compete.
    """

    class State(models.TextChoices):
        ACTIVE = "active", bilingual("启用", "active")
        RETIRED = "retired", bilingual("停用", "retired")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    customer_type = models.CharField(bilingual("客户类型", "customer type"), max_length=32, blank=True)
    """Empty: customers of every type; so with the level."""
    customer_level = models.CharField(bilingual("客户等级", "customer level"), max_length=16, blank=True)
    state = models.CharField(bilingual("状态", "state"), max_length=7, choices=State.choices, default=State.ACTIVE)
    created_from = models.BinaryField(max_length=32, editable=False)
    """Fingerprint of the request that created it: tells a repeated create from a reused id."""
    created_at = models.DateTimeField(bilingual("创建时间", "created at"))

    company_id: UUID

    class Meta:
        verbose_name = bilingual("拜访模板", "visit template")
        verbose_name_plural = bilingual("拜访模板", "visit templates")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer_type", "customer_level"],
                condition=Q(state="active"),
                name="one_active_template_per_kind",
            )
        ]
        indexes = [models.Index(fields=["company", "-created_at", "-id"], name="visit_template_of_company")]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template asks since its time came; never changed, because visits follow it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    template = models.ForeignKey(VisitTemplate, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(bilingual("版本", "number"))
    actions = models.JSONField(bilingual("动作", "actions"))
    """As described in `rules.actions`."""
    published_at = models.DateTimeField(bilingual("发布时间", "published at"))
    in_force_from = models.DateTimeField(bilingual("生效时间", "in force from"))
    """Of the versions whose time has come the one with the highest number is followed."""

    company_id: UUID
    template_id: UUID

    class Meta:
        verbose_name = bilingual("模板版本", "template version")
        verbose_name_plural = bilingual("模板版本", "template versions")
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_once")]

    def __str__(self) -> str:
        return f"#{self.number}"


class ActionAnswer(models.Model):
    """What the owner of a visit answered to one action of its template. Photos are answers of their own."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey("visits.Visit", models.CASCADE, related_name="answers", db_index=False)
    key = models.CharField(bilingual("动作", "action"), max_length=32)
    kind = models.CharField(bilingual("类型", "kind"), max_length=10, choices=Kind.choices)
    value = models.JSONField(bilingual("答案", "answer"))
    answered_from = models.BinaryField(max_length=32, editable=False)
    """Fingerprint of the answer as sent: tells a repeated one from a new one."""
    counts = models.BooleanField(bilingual("有效", "counts"), default=True)
    """False while the action is not asked, by what was answered to another."""
    is_late = models.BooleanField(bilingual("补交", "late"), default=False)
    """Whether it came, or was changed, after somebody else had closed the visit."""
    answered_at = models.DateTimeField(bilingual("回答时间", "answered at"))
    """The last time."""

    company_id: UUID
    visit_id: UUID

    class Meta:
        verbose_name = bilingual("拜访动作答案", "answer to an action")
        verbose_name_plural = bilingual("拜访动作答案", "answers to actions")
        constraints = [models.UniqueConstraint(fields=["visit", "key"], name="action_answered_once")]

    def __str__(self) -> str:
        return self.key


class PaymentPromise(models.Model):
    """Money that the customer has promised to pay by a day: an answer that somebody is reminded of.

    How much is of the class `receivable`, and yet whoever made the visit sees what he wrote himself:
    `known.sees_promises`.
    """

    FIELD_CLASSES: ClassVar[Classes] = {"amount": ("receivable",)}

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    answer = models.OneToOneField(ActionAnswer, models.CASCADE, related_name="promise")
    visit = models.ForeignKey("visits.Visit", models.CASCADE, related_name="promises")
    amount = models.DecimalField(bilingual("金额", "amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(bilingual("币种", "currency"), max_length=3)
    promised_on = models.DateField(bilingual("承诺日期", "promised on"))
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    company_id: UUID
    visit_id: UUID

    class Meta:
        verbose_name = bilingual("付款承诺", "payment promise")
        verbose_name_plural = bilingual("付款承诺", "payment promises")
        indexes = [
            models.Index(fields=["promised_on"], condition=Q(reminded_at=None), name="promise_to_remind_of"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.promised_on}"

from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.documents.models import Document


class ExpenseCategory(models.Model):
    """What money may be asked for; one list per company."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(bilingual("编码", "code"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    limit = models.DecimalField(
        bilingual("单次限额", "limit per request"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    """In the company's currency; null is no limit. Going over is shown to the approver, not refused."""
    invoice_required = models.BooleanField(bilingual("须有发票", "invoice required"), default=True)

    company_id: UUID

    class Meta:
        verbose_name = bilingual("费用类别", "expense category")
        verbose_name_plural = bilingual("费用类别", "expense categories")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="expense_category_code_once"),
            models.CheckConstraint(condition=Q(limit=None) | Q(limit__gte=0), name="expense_category_limit_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class ExpenseRequest(Document):
    """Money asked for before it is spent (费用申请)."""

    class Status(models.TextChoices):
        DRAFT = "draft", bilingual("草稿", "draft")
        IN_APPROVAL = "in_approval", bilingual("审批中", "in approval")
        APPROVED = "approved", bilingual("已通过", "approved")
        REJECTED = "rejected", bilingual("已驳回", "rejected")
        WITHDRAWN = "withdrawn", bilingual("已撤回", "withdrawn")

    resource = "expense"

    # The composite indexes below begin with these columns and serve their foreign keys too.
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("申请人", "requester"),
    )
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(bilingual("单号", "number"), max_length=30)
    category = models.ForeignKey(
        ExpenseCategory, models.PROTECT, related_name="+", verbose_name=bilingual("类别", "category")
    )
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("客户", "customer"),
    )
    visit = models.ForeignKey(
        "visits.Visit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("拜访", "visit"),
    )
    purpose = models.CharField(bilingual("事由", "purpose"), max_length=255)
    amount = models.DecimalField(bilingual("金额", "amount"), max_digits=14, decimal_places=2)
    currency = models.CharField(bilingual("币种", "currency"), max_length=3)
    needed_on = models.DateField(bilingual("用款日期", "needed on"), null=True, blank=True)
    status = models.CharField(bilingual("状态", "status"), max_length=16, choices=Status.choices, default=Status.DRAFT)
    submitted_at = models.DateTimeField(bilingual("提交时间", "submitted at"), null=True, blank=True)
    approval = models.ForeignKey(
        "approvals.Approval",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("审批", "approval"),
    )

    class Meta:
        verbose_name = bilingual("费用申请", "expense request")
        verbose_name_plural = bilingual("费用申请", "expense requests")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="expense_request_number_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="expense_request_asks_for_money"),
            models.CheckConstraint(
                condition=Q(visit=None) | Q(customer__isnull=False), name="expense_request_visit_has_customer"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", submitted_at=None, approval=None)
                | ~Q(status="draft") & Q(submitted_at__isnull=False, approval__isnull=False),
                name="expense_request_draft_or_submitted",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="expense_request_of_company"),
            models.Index(fields=["department", "-created_at", "-id"], name="expense_request_of_department"),
            models.Index(fields=["owner", "-created_at", "-id"], name="expense_request_of_owner"),
            models.Index(
                fields=["owner", "submitted_at"],
                condition=Q(submitted_at__isnull=False),
                name="expense_request_submitted",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return f"{self.number} {self.purpose}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

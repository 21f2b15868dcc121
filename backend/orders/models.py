from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.documents.models import Document
from backend.orders import stages


class Order(Document):
    """A sales order. It is the rep's until he submits it; from then on the ERP says how it goes on.

    What the ERP says is kept as `OrderEvent` rows; `label`, the four axes, `blocked_by`, `status` after the hand-over
    and `as_of` are derived from them by `rules` and stored for lists and filters.
    """

    resource = "order"

    FIELD_CLASSES: ClassVar[Classes] = {"amount": ("receivable",)}
    """What an ERP tells of invoices and payments."""

    Status = stages.Status

    # The composite indexes below begin with these three columns and serve their foreign keys too.
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(
        "directory.Employee",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("业务员", "owner"),
    )
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(bilingual("单号", "number"), max_length=30, null=True, blank=True)  # noqa: DJ001
    """Given at submission; the key under which the ERP knows the order. Null until then: drafts have none."""
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", verbose_name=bilingual("客户", "customer")
    )
    visit = models.ForeignKey(
        "visits.Visit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("拜访", "visit"),
    )
    status = models.CharField(
        bilingual("状态", "status"), max_length=16, choices=stages.Status.choices, default=stages.Status.DRAFT
    )
    currency = models.CharField(bilingual("币种", "currency"), max_length=3)
    total = models.DecimalField(bilingual("合计", "total"), max_digits=14, decimal_places=2)
    """Of the lines, tax included."""
    requested_on = models.DateField(bilingual("要求交期", "wanted on"), null=True, blank=True)
    note = models.CharField(bilingual("备注", "note"), max_length=500, blank=True)
    submitted_at = models.DateTimeField(bilingual("提交时间", "submitted at"), null=True, blank=True)
    handing_over_since = models.DateTimeField(null=True, blank=True, editable=False)
    """While a message about it may be under way to the ERP: the order can no longer be cancelled here."""
    trouble = models.CharField(bilingual("对接异常", "connection trouble"), max_length=255, blank=True)
    """Why it has not reached the ERP yet, for people."""

    label = models.CharField(
        bilingual("进度", "progress"), max_length=16, choices=stages.Label.choices, default=stages.Label.DRAFT
    )
    approval = models.CharField(
        bilingual("ERP 审核", "approval"),
        max_length=16,
        choices=stages.Approval.choices,
        default=stages.Approval.NONE,
    )
    production = models.CharField(
        bilingual("生产", "production"),
        max_length=16,
        choices=stages.Production.choices,
        default=stages.Production.NONE,
    )
    shipping = models.CharField(
        bilingual("发货", "shipping"),
        max_length=16,
        choices=stages.Shipping.choices,
        default=stages.Shipping.NONE,
    )
    payment = models.CharField(
        bilingual("收款", "payment"), max_length=16, choices=stages.Payment.choices, default=stages.Payment.NONE
    )
    blocked_by = ArrayField(
        models.CharField(max_length=16, choices=stages.Block.choices),
        default=list,
        blank=True,
        verbose_name=bilingual("受阻于", "blocked by"),
    )
    reason = models.CharField(bilingual("拒单原因", "reason"), max_length=255, blank=True)
    """Of the ERP, where it refused or cancelled the order."""
    promised_on = models.DateField(bilingual("承诺交期", "promised on"), null=True, blank=True)
    as_of = models.DateTimeField(bilingual("ERP 数据截至", "ERP data as of"), null=True, blank=True)
    """The newest moment, by the ERP's clock, of which the ERP has told."""

    customer_id: UUID
    visit_id: UUID | None

    class Meta:
        verbose_name = bilingual("订单", "order")
        verbose_name_plural = bilingual("订单", "orders")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="order_number_once"),
            models.CheckConstraint(
                condition=Q(status__in=[stages.Status.DRAFT, stages.Status.CANCELLED]) | Q(number__isnull=False),
                name="order_submitted_with_number",
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="order_of_company"),
            models.Index(fields=["department", "-created_at", "-id"], name="order_of_department"),
            models.Index(fields=["owner", "-created_at", "-id"], name="order_of_owner"),
        ]

    def __str__(self) -> str:
        return self.number or str(self.pk)

    @property
    def can_be_edited(self) -> bool:
        return self.status == stages.Status.DRAFT

    @property
    def can_be_cancelled(self) -> bool:
        """Until the first message about it leaves for the ERP."""
        return self.status in (stages.Status.DRAFT, stages.Status.QUEUED) and self.handing_over_since is None


class Line(models.Model):
    """A product once in an order: prices depend on its whole quantity, and the ERP's figures come by product.

    Code, name and unit are as they were when it was priced.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField(bilingual("行号", "line"))
    product = models.ForeignKey("catalog.Product", models.PROTECT, related_name="+")
    product_code = models.CharField(bilingual("编码", "code"), max_length=64)
    product_name = models.CharField(bilingual("名称", "name"), max_length=128)
    unit = models.CharField(bilingual("单位", "unit"), max_length=16)
    quantity = models.DecimalField(bilingual("数量", "quantity"), max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(bilingual("单价", "unit price"), max_digits=14, decimal_places=2)
    """Tax included."""
    tax_rate = models.DecimalField(bilingual("税率", "tax rate"), max_digits=5, decimal_places=4)
    amount = models.DecimalField(bilingual("金额", "amount"), max_digits=14, decimal_places=2)

    order_id: UUID
    product_id: UUID

    class Meta:
        verbose_name = bilingual("订单明细", "order line")
        verbose_name_plural = bilingual("订单明细", "order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_once"),
            models.UniqueConstraint(fields=["order", "product"], name="order_line_product_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0, amount__gte=0), name="order_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product_code} ×{self.quantity}"


class OrderEvent(models.Model):
    """What one source said of one happening; a later statement of the same source about it replaces the row."""

    Kind = stages.Kind

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="events", db_index=False)
    source = models.CharField(bilingual("来源", "source"), max_length=32)
    """`waiqin`, or the code of an ERP system."""
    external_id = models.CharField(bilingual("来源编号", "id at the source"), max_length=128)
    kind = models.CharField(bilingual("事件", "event"), max_length=16, choices=stages.Kind.choices)
    occurred_at = models.DateTimeField(bilingual("发生时间", "occurred at"))
    """By the source's clock, like `as_of`."""
    as_of = models.DateTimeField(bilingual("数据截至", "as of"))
    received_at = models.DateTimeField(bilingual("收到时间", "received at"))
    """By our clock, of the statement that stands here."""
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = bilingual("订单事件", "order event")
        verbose_name_plural = bilingual("订单事件", "order events")
        constraints = [
            models.UniqueConstraint(fields=["order", "source", "external_id"], name="order_event_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source}/{self.external_id}"


class Follower(models.Model):
    """A colleague who wants to be told how the order goes on; the owner is told anyway."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, models.CASCADE, related_name="followers", db_index=False)
    employee = models.ForeignKey("directory.Employee", models.CASCADE, related_name="+")

    class Meta:
        verbose_name = bilingual("关注人", "follower")
        verbose_name_plural = bilingual("关注人", "followers")
        constraints = [models.UniqueConstraint(fields=["order", "employee"], name="order_followed_once")]

"""What is sold and at which price. The ERP owns these rows; importers bring them up to date by code."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from backend.core.actor import Actor
from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual

BYTE_ORDER = "C"
"""Collation of columns searched by prefix: a range of bytes enters the index in any locale and in a generic plan,
where `LIKE $1` cannot."""


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(bilingual("编码", "code"), max_length=64)
    name = models.CharField(bilingual("名称", "name"), max_length=128)
    spec = models.CharField(bilingual("规格", "specification"), max_length=128, blank=True)
    unit = models.CharField(bilingual("单位", "unit"), max_length=16)
    category = models.CharField(bilingual("类别", "category"), max_length=64, blank=True)
    list_price = models.DecimalField(bilingual("标价", "list price"), max_digits=14, decimal_places=2)
    cost_price = models.DecimalField(bilingual("成本", "cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(bilingual("币种", "currency"), max_length=3, default="CNY")
    tax_rate = models.DecimalField(bilingual("税率", "tax rate"), max_digits=5, decimal_places=4)
    """A fraction: 0.13 is 13 %."""
    is_active = models.BooleanField(bilingual("在售", "on sale"), default=True)
    code_key = models.TextField(editable=False, db_collation=BYTE_ORDER)
    pinyin = models.TextField(editable=False, db_collation=BYTE_ORDER)
    initials = models.TextField(editable=False, db_collation=BYTE_ORDER)
    search_text = models.TextField(editable=False)
    grams = ArrayField(models.TextField(), editable=False)
    """These five hold the product in the forms in which it is searched: `rules.search_keys`."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    company_id: UUID

    SHOWN: ClassVar[tuple[str, ...]] = (
        "id",
        "company_id",
        "code",
        "name",
        "spec",
        "unit",
        "category",
        "list_price",
        "cost_price",
        "currency",
        "tax_rate",
        "is_active",
    )
    """What the hot reads fetch; the search keys are larger than all of it."""
    FIELD_CLASSES: ClassVar[Classes] = {"cost_price": ("cost",), "safety": ("stock",), "quantity": ("stock",)}
    """The last two are of events that inventory tells of a product."""

    class Meta:
        verbose_name = bilingual("商品", "product")
        verbose_name_plural = bilingual("商品", "products")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="product_code_once"),
            models.CheckConstraint(condition=Q(list_price__gte=0), name="product_list_price_not_negative"),
            models.CheckConstraint(
                condition=Q(cost_price=None) | Q(cost_price__gte=0), name="product_cost_price_not_negative"
            ),
            models.CheckConstraint(condition=Q(tax_rate__gte=0, tax_rate__lt=1), name="product_tax_rate_is_fraction"),
        ]
        indexes = [
            GinIndex(fields=["grams"], name="product_grams", fastupdate=False),  # products are read, seldom written
            models.Index(fields=["company", "code_key"], name="product_by_code_key"),
            models.Index(fields=["company", "pinyin"], name="product_by_pinyin"),
            models.Index(fields=["company", "initials"], name="product_by_initials"),
            models.Index(fields=["company", "-created_at", "-id"], name="product_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def cost_for(self, actor: Actor) -> Decimal | None:
        """None where it is unknown and where the actor may not see it."""
        return self.cost_price if actor.sees("cost") else None


class Barcode(models.Model):
    """One code that a scanner reads off the product or its packing; a product has any number of them."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="barcodes")
    code = models.CharField(bilingual("条码", "barcode"), max_length=255, db_collation=BYTE_ORDER)
    """In the one form of `rules.normalised_barcode`."""

    product_id: UUID

    class Meta:
        verbose_name = bilingual("条码", "barcode")
        verbose_name_plural = bilingual("条码", "barcodes")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="barcode_once")]

    def __str__(self) -> str:
        return self.code


class Price(models.Model):
    """A row of the price list: what customers of a level pay for one unit from a quantity on, between two days."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="prices", db_index=False)
    customer_level = models.CharField(bilingual("客户等级", "customer level"), max_length=16, blank=True)
    """Empty: for customers of every level."""
    min_quantity = models.DecimalField(
        bilingual("起订量", "from quantity"), max_digits=14, decimal_places=4, default=Decimal(0)
    )
    unit_price = models.DecimalField(bilingual("单价", "unit price"), max_digits=14, decimal_places=2)
    """In the product's currency."""
    floor_price = models.DecimalField(
        bilingual("底价", "floor price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    starts_on = models.DateField(bilingual("生效日期", "starts on"), null=True, blank=True)
    ends_on = models.DateField(bilingual("截止日期", "ends on"), null=True, blank=True)
    """The last day on which it holds."""

    product_id: UUID

    class Meta:
        verbose_name = bilingual("价格", "price")
        verbose_name_plural = bilingual("价格", "prices")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "customer_level", "min_quantity", "starts_on"],
                nulls_distinct=False,
                name="price_once",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0, min_quantity__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(floor_price=None) | Q(floor_price__gte=0, floor_price__lte=F("unit_price")),
                name="price_floor_below_price",
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(starts_on__lte=F("ends_on")),
                name="price_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_price} ≥{self.min_quantity} {self.customer_level}".rstrip()

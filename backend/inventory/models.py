"""What the ERP says is in stock, mirrored: Waiqin shows these figures and never books them."""

from decimal import Decimal
from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.core.ids import new_id
from backend.core.text import bilingual


class Warehouse(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(bilingual("编码", "code"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=64)

    class Meta:
        verbose_name = bilingual("仓库", "warehouse")
        verbose_name_plural = bilingual("仓库", "warehouses")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="warehouse_code_once")]

    def __str__(self) -> str:
        return self.name


class Stock(models.Model):
    """The figures of one product in one warehouse at one moment.

    Negative figures are legal: an ERP may ship before it books the receipt.
    """

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+")
    on_hand = models.DecimalField(bilingual("现存", "on hand"), max_digits=18, decimal_places=4, default=Decimal(0))
    reserved = models.DecimalField(bilingual("占用", "reserved"), max_digits=18, decimal_places=4, default=Decimal(0))
    safety = models.DecimalField(bilingual("安全库存", "safety"), max_digits=18, decimal_places=4, default=Decimal(0))
    as_of = models.DateTimeField(bilingual("截至", "as of"), null=True, blank=True)
    """The moment in the ERP at which the figures were true. Null: goods are on the way, no figure has come yet."""

    product_id: UUID
    warehouse_id: UUID

    class Meta:
        verbose_name = bilingual("库存", "stock")
        verbose_name_plural = bilingual("库存", "stock")
        constraints = [models.UniqueConstraint(fields=["product", "warehouse"], name="stock_once")]


class Incoming(models.Model):
    """Goods on their way into a warehouse: a purchase, a production or a transfer of the ERP."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="+", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="+")
    quantity = models.DecimalField(bilingual("数量", "quantity"), max_digits=18, decimal_places=4)
    expected_on = models.DateField(bilingual("预计到货", "expected on"))
    reference = models.CharField(bilingual("来源单据", "reference"), max_length=64)
    """The ERP's line, such as `PO20261101-3`: one row for each reference, product and warehouse."""

    class Meta:
        verbose_name = bilingual("在途", "incoming")
        verbose_name_plural = bilingual("在途", "incoming")
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse", "reference"], name="incoming_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="incoming_positive"),
        ]

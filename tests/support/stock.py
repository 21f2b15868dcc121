"""Two products and two warehouses of 外勤公司, as its ERP reports them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from backend.catalog import services as catalog
from backend.catalog.models import Product
from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Company
from backend.inventory import services as inventory
from backend.inventory.models import Stock, Warehouse

TEA_BARCODE = "6901234567892"


@dataclass(frozen=True)
class Goods:
    erp: Actor
    tea: Product
    juice: Product
    shanghai: Warehouse
    beijing: Warehouse

    def count(
        self, product: Product, warehouse: Warehouse, on_hand: str, reserved: str = "0", as_of: datetime | None = None
    ) -> Stock:
        """A feed of one row; true now unless said otherwise."""
        now = clock.now()
        return inventory.put_stock(
            actor=self.erp,
            warehouse_id=warehouse.pk,
            product_id=product.pk,
            on_hand=Decimal(on_hand),
            reserved=Decimal(reserved),
            as_of=as_of or now,
            at=now,
        )

    def expect(self, product: Product, warehouse: Warehouse, quantity: str, **fields: Any) -> Any:
        given = {"expected_on": clock.now().date(), "reference": "PO-1", "at": clock.now()} | fields
        return inventory.put_incoming(
            actor=self.erp,
            warehouse_id=warehouse.pk,
            product_id=product.pk,
            quantity=Decimal(quantity),
            **given,
        )


def make_product(actor: Actor, code: str, name: str, **fields: Any) -> Product:
    given = {"unit": "瓶", "list_price": Decimal("4.50"), "at": clock.now()} | fields
    return catalog.put_product(actor=actor, code=code, name=name, **given)


def make_warehouse(actor: Actor, code: str, name: str) -> Warehouse:
    return inventory.put_warehouse(actor=actor, code=code, name=name, at=clock.now())


def make_goods(company: Company) -> Goods:
    erp = Actor.system(company.pk)
    return Goods(
        erp=erp,
        tea=make_product(erp, "P-1", "乌龙茶", barcodes=[TEA_BARCODE], cost_price=Decimal("2.10")),
        juice=make_product(erp, "P-2", "橙汁"),
        shanghai=make_warehouse(erp, "SH", "上海仓"),
        beijing=make_warehouse(erp, "BJ", "北京仓"),
    )

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from backend.catalog.barcodes import normalised_barcode
from backend.catalog.models import Product
from backend.catalog.search import find_products
from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.core.text import bilingual
from backend.inventory import rules
from backend.inventory.models import Warehouse
from backend.inventory.rules import IncomingGoods


class AskOneWay(Invalid):
    code = "ask_one_way"
    message = bilingual("请只用条码、商品、关键词中的一种查询。", "Ask by exactly one of barcode, product and q.")


@dataclass(slots=True)
class WarehouseStock:
    """One product's figures in one warehouse; goods on the way in the order of their days."""

    warehouse_id: UUID
    warehouse_code: str
    warehouse_name: str
    on_hand: Decimal
    reserved: Decimal
    safety: Decimal
    as_of: datetime | None
    incoming: list[IncomingGoods] = field(default_factory=list)

    @property
    def available(self) -> Decimal:
        return rules.available(on_hand=self.on_hand, reserved=self.reserved, safety=self.safety)

    def available_on(self, day: date) -> Decimal:
        return rules.available_on(day, available=self.available, incoming=self.incoming)

    @property
    def level(self) -> str:
        return rules.level(available=self.available, safety=self.safety)

    def is_stale(self, at: datetime) -> bool:
        return rules.is_stale(as_of=self.as_of, at=at)


@dataclass(slots=True)
class ProductStock:
    """A product with its warehouses in the order of their codes; none where nothing was ever stocked."""

    product: Product
    warehouses: list[WarehouseStock] = field(default_factory=list)


_WIDTH = len(Product.SHOWN)
# The hottest read of a rep's day: one statement that PostgreSQL plans once for each connection.
_STOCK = f"""
    SELECT {", ".join(f"p.{name}" for name in Product.SHOWN)},
        w.id, w.code, w.name, s.on_hand, s.reserved, s.safety, s.as_of, i.quantity, i.expected_on, i.reference
    FROM catalog_product p
    LEFT JOIN inventory_stock s
        ON s.product_id = p.id AND (%(warehouse)s::uuid IS NULL OR s.warehouse_id = %(warehouse)s::uuid)
    LEFT JOIN inventory_warehouse w ON w.id = s.warehouse_id
    LEFT JOIN inventory_incoming i ON i.product_id = s.product_id AND i.warehouse_id = s.warehouse_id
    WHERE p.company_id = %(company)s AND {{which}}
    ORDER BY p.id, w.code, i.expected_on, i.reference
"""  # noqa: S608  # only names from above
BY_BARCODE = _STOCK.format(
    which="p.id = (SELECT product_id FROM catalog_barcode WHERE company_id = %(company)s AND code = %(barcode)s)"
)
BY_PRODUCTS = _STOCK.format(which="p.id = ANY(%(products)s::uuid[])")


def stock_by_barcode(*, actor: Actor, barcode: str, warehouse_id: UUID | None = None) -> ProductStock:
    """In one query. Raises BadCheckDigit for a misread GTIN, NotFound for an unknown code."""
    actor.require("stock.read")
    found = _query(BY_BARCODE, actor, warehouse_id, barcode=normalised_barcode(barcode))
    if not found:
        raise NotFound()
    return found[0]


def look_up_stock(
    *,
    actor: Actor,
    barcode: str | None = None,
    product_id: UUID | None = None,
    q: str | None = None,
    warehouse_id: UUID | None = None,
    limit: int,
) -> list[ProductStock]:
    """By barcode, by product, or the first `limit` products that `find_products` finds for `q`, best first.

    Raises NotFound for a barcode, product or warehouse that is not the company's, BadCheckDigit for a misread GTIN,
    AskOneWay where not exactly one of the three is given.
    """
    actor.require("stock.read")
    if warehouse_id is not None:
        get_warehouse(actor=actor, warehouse_id=warehouse_id)
    match barcode, product_id, q:
        case str() as scanned, None, None:
            return [stock_by_barcode(actor=actor, barcode=scanned, warehouse_id=warehouse_id)]
        case None, UUID() as known, None:
            found = stock_of_products(actor=actor, product_ids=[known], warehouse_id=warehouse_id)
            if not found:
                raise NotFound()
            return found
        case None, None, str() as typed:
            ids = [product.pk for product in find_products(actor=actor, q=typed, limit=limit)]
            return stock_of_products(actor=actor, product_ids=ids, warehouse_id=warehouse_id)
        case _:
            raise AskOneWay()


def stock_of_products(
    *, actor: Actor, product_ids: Iterable[UUID], warehouse_id: UUID | None = None
) -> list[ProductStock]:
    """In the order asked for and in one query; products of another company are missing from the answer."""
    actor.require("stock.read")
    ids = list(product_ids)
    found = {row.product.pk: row for row in _query(BY_PRODUCTS, actor, warehouse_id, products=ids)}
    return [found[product_id] for product_id in ids if product_id in found]


def get_warehouse(*, actor: Actor, warehouse_id: UUID) -> Warehouse:
    warehouse = Warehouse.objects.filter(company_id=actor.company_id, pk=warehouse_id).first()
    if warehouse is None:
        raise NotFound()
    return warehouse


def _query(sql: str, actor: Actor, warehouse_id: UUID | None, **given: Any) -> list[ProductStock]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"company": actor.company_id, "warehouse": warehouse_id, **given})
        rows = cursor.fetchall()
    found: list[ProductStock] = []
    for row in rows:
        if not found or found[-1].product.pk != row[0]:
            found.append(ProductStock(Product.from_db(connection.alias, Product.SHOWN, row[:_WIDTH])))
        here = found[-1].warehouses
        figures, incoming = row[_WIDTH : _WIDTH + 7], row[_WIDTH + 7 :]
        if figures[0] is None:
            continue
        if not here or here[-1].warehouse_id != figures[0]:
            here.append(WarehouseStock(*figures))
        if incoming[0] is not None:
            here[-1].incoming.append(IncomingGoods(*incoming))
    return found

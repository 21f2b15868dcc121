"""Figures as the ERP reports them. A feed may come twice, late or beside another one: the newest figures stay."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.catalog.selectors import get_product
from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.core.text import bilingual
from backend.events import services as events
from backend.inventory.models import Incoming, Stock, Warehouse
from backend.inventory.selectors import get_warehouse

CLOCK_SKEW = timedelta(minutes=5)
"""How far an ERP's clock may be ahead. Beyond it a wrong `as_of` would keep every right figure out until that day."""


class AsOfInFuture(Invalid):
    code = "as_of_in_future"
    message = bilingual(
        "库存截至时间在未来，请检查 ERP 时钟。", "These figures are dated in the future. Check the ERP's clock."
    )


@dataclass(frozen=True, slots=True)
class StockRow:
    product_id: UUID
    warehouse_id: UUID
    on_hand: Decimal
    reserved: Decimal
    as_of: datetime


@transaction.atomic
def put_warehouse(*, actor: Actor, code: str, name: str, at: datetime) -> Warehouse:
    """Create the warehouse with this code, or rename it."""
    actor.require("erp.operate")
    warehouse, created = Warehouse.objects.select_for_update().get_or_create(
        company_id=actor.company_id, code=code, defaults={"name": name}
    )
    if created:
        events.record("warehouse.created", warehouse, actor=actor, at=at, code=code, name=name)
    elif warehouse.name != name:
        before = {"name": warehouse.name}
        warehouse.name = name
        warehouse.save(update_fields=["name"])
        events.record("warehouse.changed", warehouse, actor=actor, at=at, before=before, after={"name": name})
    return warehouse


@transaction.atomic
def put_stock(
    *,
    actor: Actor,
    warehouse_id: UUID,
    product_id: UUID,
    on_hand: Decimal,
    reserved: Decimal,
    as_of: datetime,
    at: datetime,
) -> Stock:
    """The figures that stand afterwards: these, or newer ones that were there before. See `put_stock_rows`."""
    row = StockRow(product_id, warehouse_id, on_hand, reserved, as_of)
    put_stock_rows(actor=actor, rows=[row], at=at)
    return Stock.objects.get(product_id=product_id, warehouse_id=warehouse_id)


@transaction.atomic
def put_stock_rows(*, actor: Actor, rows: Iterable[StockRow], at: datetime) -> int:
    """Take over what is newer than the figures held, in one statement; the number of rows changed.

    All or nothing: raises NotFound where a product or warehouse is not the company's, AsOfInFuture for figures ahead of
    the server's clock. Rows are locked in one order, so feeds that overlap wait for each other and never deadlock.
    One event for each warehouse touched: single figures are the ERP's to audit.
    """
    actor.require("erp.operate")
    given = list(rows)
    if ahead := [row for row in given if row.as_of > at + CLOCK_SKEW]:
        raise AsOfInFuture(product_id=ahead[0].product_id, as_of=ahead[0].as_of)
    columns: dict[str, Any] = {
        "company": actor.company_id,
        "products": [row.product_id for row in given],
        "warehouses": [row.warehouse_id for row in given],
        "on_hand": [row.on_hand for row in given],
        "reserved": [row.reserved for row in given],
        "as_of": [row.as_of for row in given],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN, columns)
        if cursor.fetchone() is not None:
            raise NotFound()
        cursor.execute(_TAKE_OVER, columns)
        taken: dict[UUID, int] = dict(cursor.fetchall())
    for warehouse in Warehouse.objects.filter(pk__in=taken):
        events.record("stock.received", warehouse, actor=actor, at=at, rows=taken[warehouse.pk])
    return sum(taken.values())


@transaction.atomic
def put_safety(*, actor: Actor, warehouse_id: UUID, product_id: UUID, safety: Decimal, at: datetime) -> Stock:
    """What is never promised to customers: the company's own decision, which no feed changes."""
    actor.require("erp.operate")
    stock = _locked_stock(actor, warehouse_id, product_id)
    if stock.safety != safety:
        before, stock.safety = stock.safety, safety
        stock.save(update_fields=["safety"])
        events.record(
            "stock.safety_set",
            stock.product,
            actor=actor,
            at=at,
            warehouse=str(warehouse_id),
            before={"safety": str(before)},
            after={"safety": str(safety)},
        )
    return stock


@transaction.atomic
def put_incoming(
    *,
    actor: Actor,
    warehouse_id: UUID,
    product_id: UUID,
    quantity: Decimal,
    expected_on: date,
    reference: str,
    at: datetime,
) -> Incoming | None:
    """What this reference still brings, and when; quantity 0 once it has arrived, which removes the row."""
    actor.require("erp.operate")
    if quantity < 0:
        raise Invalid(fields={"quantity": str(bilingual("在途数量不能为负。", "May not be negative."))})
    stock = _locked_stock(actor, warehouse_id, product_id)
    rows = Incoming.objects.filter(product_id=product_id, warehouse_id=warehouse_id, reference=reference)
    known = rows.first()
    before = {"quantity": str(known.quantity), "expected_on": str(known.expected_on)} if known else None
    incoming = known
    if quantity == 0:
        rows.delete()
        incoming = None
    elif known is None:
        incoming = Incoming.objects.create(
            company_id=actor.company_id,
            product_id=product_id,
            warehouse_id=warehouse_id,
            reference=reference,
            quantity=quantity,
            expected_on=expected_on,
        )
    elif (known.quantity, known.expected_on) == (quantity, expected_on):
        return known
    else:
        known.quantity, known.expected_on = quantity, expected_on
        known.save(update_fields=["quantity", "expected_on"])
    if known or incoming:
        events.record(
            "stock.incoming_changed",
            stock.product,
            actor=actor,
            at=at,
            warehouse=str(warehouse_id),
            reference=reference,
            before=before,
            after={"quantity": str(quantity), "expected_on": str(expected_on)} if incoming else None,
        )
    return incoming


def _locked_stock(actor: Actor, warehouse_id: UUID, product_id: UUID) -> Stock:
    """The row for this product and place, made where none has come yet; it makes changes around it run in turn."""
    product = get_product(actor=actor, product_id=product_id)
    warehouse = get_warehouse(actor=actor, warehouse_id=warehouse_id)
    Stock.objects.bulk_create(
        [Stock(company_id=actor.company_id, product=product, warehouse=warehouse)], ignore_conflicts=True
    )
    stocks = Stock.objects.select_related("product").select_for_update(of=("self",))
    return stocks.get(product=product, warehouse=warehouse)


_FOREIGN = """
    SELECT 1 FROM unnest(%(products)s::uuid[], %(warehouses)s::uuid[]) AS given (product_id, warehouse_id)
    LEFT JOIN catalog_product p ON p.id = given.product_id AND p.company_id = %(company)s
    LEFT JOIN inventory_warehouse w ON w.id = given.warehouse_id AND w.company_id = %(company)s
    WHERE p.id IS NULL OR w.id IS NULL LIMIT 1
"""
# The same moment again with the same figures changes nothing; with other figures it is a correction.
_TAKE_OVER = """
    WITH taken AS (
        INSERT INTO inventory_stock AS held (company_id, product_id, warehouse_id, on_hand, reserved, safety, as_of)
        SELECT DISTINCT ON (product_id, warehouse_id)
            %(company)s, product_id, warehouse_id, on_hand, reserved, 0, as_of
        FROM unnest(%(products)s::uuid[], %(warehouses)s::uuid[], %(on_hand)s::numeric[], %(reserved)s::numeric[],
            %(as_of)s::timestamptz[]) AS given (product_id, warehouse_id, on_hand, reserved, as_of)
        ORDER BY product_id, warehouse_id, as_of DESC
        ON CONFLICT (product_id, warehouse_id) DO UPDATE
            SET on_hand = EXCLUDED.on_hand, reserved = EXCLUDED.reserved, as_of = EXCLUDED.as_of
            WHERE held.as_of IS NULL OR held.as_of < EXCLUDED.as_of OR held.as_of = EXCLUDED.as_of
                AND (held.on_hand, held.reserved) IS DISTINCT FROM (EXCLUDED.on_hand, EXCLUDED.reserved)
        RETURNING warehouse_id
    )
    SELECT warehouse_id, count(*) FROM taken GROUP BY warehouse_id
"""

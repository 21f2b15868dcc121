from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query, Router

from backend.catalog import selectors as catalog
from backend.catalog.models import Product
from backend.catalog.search import find_products
from backend.core import clock
from backend.core.actor import Actor
from backend.inventory import selectors as inventory
from backend.inventory.selectors import ProductStock, WarehouseStock
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.stock import (
    ProductDetailOut,
    ProductsOut,
    ProductStockOut,
    ProductStocksOut,
    Scanned,
    StockQuery,
    Typed,
    plain,
)

router = Router(tags=["stock"])


@router.get("/products", response=ProductsOut)
def list_products(
    request: Request, q: Typed | None = None, limit: Limit = 20, cursor: Cursor | None = None
) -> HttpResponseBase:
    """Newest first, page by page; with `q` the best matches on one page, to be narrowed by typing on."""
    if q is not None:
        best = find_products(actor=request.auth, q=q, limit=limit)
        return json_reply(request, {"items": [_product(row, actor=request.auth) for row in best], "next_cursor": None})
    products = catalog.list_products(actor=request.auth)
    shown = page(products, by="created_at", limit=limit, cursor=cursor, show=partial(_product, actor=request.auth))
    return json_reply(request, shown)


@router.get("/products/lookup", response=ProductStockOut)
def look_up_product(request: Request, barcode: Scanned, on: date | None = None) -> HttpResponseBase:
    """One scan, one call: the product and its stock everywhere."""
    found = inventory.stock_by_barcode(actor=request.auth, barcode=barcode)
    return json_reply(request, _product_stock(found, request.auth, on, clock.now()))


@router.get("/products/{uuid:product_id}", response=ProductDetailOut)
def get_product(request: Request, product_id: UUID) -> HttpResponseBase:
    product = catalog.get_product(actor=request.auth, product_id=product_id)
    barcodes = sorted(barcode.code for barcode in product.barcodes.all())
    return json_reply(request, _product(product, actor=request.auth) | {"barcodes": barcodes})


@router.get("/stock", response=ProductStocksOut)
def get_stock(request: Request, query: Query[StockQuery]) -> HttpResponseBase:
    """By exactly one of barcode, q and product; 404 for a barcode, product or warehouse that is not the company's."""
    found = inventory.look_up_stock(
        actor=request.auth,
        barcode=query.barcode,
        product_id=query.product,
        q=query.q,
        warehouse_id=query.warehouse,
        limit=query.limit,
    )
    now = clock.now()
    return json_reply(request, {"items": [_product_stock(row, request.auth, query.on, now) for row in found]})


def _product(product: Product, *, actor: Actor) -> dict[str, Any]:
    cost = product.cost_for(actor)
    return {
        "id": product.pk,
        "code": product.code,
        "name": product.name,
        "spec": product.spec,
        "unit": product.unit,
        "category": product.category,
        "list_price": {"amount": str(product.list_price), "currency": product.currency},
        "cost_price": None if cost is None else {"amount": str(cost), "currency": product.currency},
        "tax_rate": str(product.tax_rate),
        "is_active": product.is_active,
    }


def _product_stock(found: ProductStock, actor: Actor, on: date | None, at: datetime) -> dict[str, Any]:
    return {
        "product": _product(found.product, actor=actor),
        "stock": [_warehouse_stock(row, on, at, exact=actor.sees("stock")) for row in found.warehouses],
    }


def _warehouse_stock(row: WarehouseStock, on: date | None, at: datetime, *, exact: bool) -> dict[str, Any]:
    def figure(value: Decimal) -> str | None:
        return plain(value) if exact else None

    return {
        "warehouse": {"id": row.warehouse_id, "code": row.warehouse_code, "name": row.warehouse_name},
        "level": row.level,
        "on_hand": figure(row.on_hand),
        "reserved": figure(row.reserved),
        "safety": figure(row.safety),
        "available": figure(row.available),
        "available_on": None if on is None else figure(row.available_on(on)),
        "incoming": [
            {"quantity": figure(goods.quantity), "expected_on": goods.expected_on, "reference": goods.reference}
            for goods in row.incoming
        ],
        "as_of": row.as_of,
        "stale": row.is_stale(at),
    }

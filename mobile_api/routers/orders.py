from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Router, Status

from backend.core import clock
from backend.orders import selectors, services
from backend.orders.models import Line, Order
from backend.orders.rules import Entry, Progress, Shipment
from backend.orders.selectors import Item, QuotedLine
from mobile_api.auth import Request
from mobile_api.caching import etag_of, json_reply
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.orders import (
    BasketLineIn,
    NumberStart,
    OrderIn,
    OrderOut,
    OrderPatch,
    OrdersOut,
    OrderStatus,
    PriceIn,
    PriceOut,
    TimelineOut,
)

router = Router(tags=["orders"])


@router.get("/orders", response=OrdersOut)
def list_orders(
    request: Request,
    status: OrderStatus | None = None,
    customer: UUID | None = None,
    followed: bool = False,
    q: NumberStart | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> HttpResponseBase:
    rows = selectors.list_orders(actor=request.auth, status=status, customer_id=customer, followed=followed, q=q)
    return json_reply(request, page(rows, by="created_at", limit=limit, cursor=cursor, show=_item))


@router.post("/orders", response={200: OrderOut, 201: OrderOut})
def create_order(request: Request, body: OrderIn) -> Status[Any]:
    order, created = services.create_order(
        actor=request.auth,
        id=body.id,
        customer_id=body.customer_id,
        visit_id=body.visit_id,
        items=_items(body.lines),
        requested_on=body.requested_on,
        note=body.note,
        at=clock.now(),
    )
    return Status(201 if created else 200, _order(order))


@router.post("/orders/price", response=PriceOut)
def price_basket(request: Request, body: PriceIn) -> Any:
    """What it costs this customer now; nothing is stored."""
    quoted = selectors.quote(actor=request.auth, customer_id=body.customer_id, items=_items(body.lines), at=clock.now())
    return {"lines": [_quoted_line(line) for line in quoted.lines], "total": _money(quoted.total, quoted.currency)}


@router.get("/orders/{uuid:order_id}", response=OrderOut)
def get_order(request: Request, order_id: UUID) -> HttpResponseBase:
    order = selectors.get_order(actor=request.auth, order_id=order_id)
    return json_reply(request, _order(order), etag=etag_of(order.pk, order.version, _is_followed(order)))


@router.patch("/orders/{uuid:order_id}", response=OrderOut)
def change_order(request: Request, order_id: UUID, body: OrderPatch) -> Any:
    changes = body.model_dump(exclude_unset=True, exclude={"version", "lines"})
    if "lines" in body.model_fields_set:
        changes["items"] = _items(body.lines)
    order = services.change_order(
        actor=request.auth,
        order_id=order_id,
        version=body.version,
        changes=cast(services.Changes, changes),
        at=clock.now(),
    )
    return _order(order)


@router.post("/orders/{uuid:order_id}/submit", response=OrderOut)
def submit_order(request: Request, order_id: UUID) -> Any:
    return _order(services.submit(actor=request.auth, order_id=order_id, at=clock.now()))


@router.post("/orders/{uuid:order_id}/cancel", response=OrderOut)
def cancel_order(request: Request, order_id: UUID) -> Any:
    return _order(services.cancel(actor=request.auth, order_id=order_id, at=clock.now()))


@router.post("/orders/{uuid:order_id}/follow", response=OrderOut)
def follow_order(request: Request, order_id: UUID) -> Any:
    return _order(services.follow(actor=request.auth, order_id=order_id, at=clock.now()))


@router.post("/orders/{uuid:order_id}/unfollow", response=OrderOut)
def unfollow_order(request: Request, order_id: UUID) -> Any:
    return _order(services.unfollow(actor=request.auth, order_id=order_id, at=clock.now()))


@router.get("/orders/{uuid:order_id}/timeline", response=TimelineOut)
def order_timeline(request: Request, order_id: UUID) -> HttpResponseBase:
    """What all sources say of the order, where it stands, and what it waits for."""
    order, progress = selectors.timeline(actor=request.auth, order_id=order_id)
    amounts = request.auth.sees("receivable")
    etag = etag_of("timeline", order.pk, order.version, _is_followed(order), amounts)
    return json_reply(request, _timeline(order, progress, amounts=amounts), etag=etag)


def _items(lines: Sequence[BasketLineIn]) -> list[Item]:
    return [Item(line.product_id, line.quantity, getattr(line, "id", None)) for line in lines]


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": format(amount, "f"), "currency": currency}


def _is_followed(order: Order) -> bool:
    followed: bool = order.is_followed  # type: ignore[attr-defined]  # annotated by the selector
    return followed


def _item(order: Order) -> dict[str, Any]:
    return {
        "id": order.pk,
        "version": order.version,
        "number": order.number,
        "status": order.status,
        "label": order.label,
        "blocked_by": order.blocked_by,
        "customer": {"id": order.customer_id, "name": order.customer.name},
        "owner": {"id": order.owner_id, "name": order.owner.name},
        "total": _money(order.total, order.currency),
        "requested_on": order.requested_on,
        "promised_on": order.promised_on,
        "created_at": order.created_at,
        "submitted_at": order.submitted_at,
        "as_of": order.as_of,
        "is_followed": _is_followed(order),
    }


def _standing(order: Order) -> dict[str, Any]:
    return {
        "axes": {
            "approval": order.approval,
            "production": order.production,
            "shipment": order.shipping,
            "money": order.payment,
        },
        "reason": order.reason,
        "trouble": order.trouble,
    }


def _order(order: Order) -> dict[str, Any]:
    lines = [_line(line) for line in order.lines.all()]
    return {**_item(order), **_standing(order), "visit_id": order.visit_id, "note": order.note, "lines": lines}


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.pk,
        "position": line.position,
        "product_id": line.product_id,
        "product_code": line.product_code,
        "product_name": line.product_name,
        "unit": line.unit,
        "quantity": format(line.quantity, "f"),
        "unit_price": format(line.unit_price, "f"),
        "tax_rate": format(line.tax_rate, "f"),
        "amount": format(line.amount, "f"),
    }


def _quoted_line(line: QuotedLine) -> dict[str, Any]:
    return {
        "product_id": line.product.pk,
        "product_code": line.product.code,
        "product_name": line.product.name,
        "unit": line.product.unit,
        "quantity": line.item.quantity,
        "unit_price": line.unit_price,
        "tax_rate": line.tax_rate,
        "amount": line.amount,
    }


def _timeline(order: Order, progress: Progress, *, amounts: bool) -> dict[str, Any]:
    return {
        **_item(order),
        **_standing(order),
        "events": [_event(entry, amounts=amounts) for entry in progress.timeline],
        "shipments": [_shipment(shipment) for shipment in progress.shipments],
        "lines": [_line_progress(line, progress) for line in order.lines.all()],
        "invoiced": _money(progress.invoiced, order.currency) if amounts else None,
        "paid": _money(progress.paid, order.currency) if amounts else None,
    }


def _event(entry: Entry, *, amounts: bool) -> dict[str, Any]:
    fact = entry.fact
    data = {name: value for name, value in fact.data.items() if amounts or name != "amount"}
    return {
        "source": fact.source,
        "id": fact.external_id,
        "kind": fact.kind,
        "occurred_at": fact.occurred_at,
        "as_of": fact.as_of,
        "voided": entry.voided,
        "data": data,
    }


def _shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "number": shipment.number,
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "shipped_at": shipment.shipped_at,
        "delivered_at": shipment.delivered_at,
        "whole": shipment.whole,
        "lines": [
            {"product_code": code, "quantity": format(quantity, "f")} for code, quantity in shipment.quantities.items()
        ],
    }


def _line_progress(line: Line, progress: Progress) -> dict[str, Any]:
    return {
        "id": line.pk,
        "product_code": line.product_code,
        "product_name": line.product_name,
        "unit": line.unit,
        "ordered": format(line.quantity, "f"),
        "shipped": format(progress.shipped.get(line.product_code, Decimal(0)), "f"),
        "returned": format(progress.returned.get(line.product_code, Decimal(0)), "f"),
    }

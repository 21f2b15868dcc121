"""What a rep does with an order. Prices are the server's: a client names products and quantities, never amounts."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, IdReused, Invalid
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers.selectors import get_customer
from backend.documents.once import Identity, create_once
from backend.documents.services import next_number
from backend.events import services as events
from backend.orders.models import Follower, Line, Order
from backend.orders.selectors import Item, Quote, get_order, quote
from backend.orders.services.derived import add_own_event, refresh
from backend.orders.stages import Kind
from backend.visits.models import Visit

SERIES = "SO"


class NotYourOrder(Forbidden):
    code = "not_your_order"
    message = bilingual("只有开单人可以修改、提交或取消订单。", "Only its owner may change, submit or cancel an order.")


class NotDraft(Conflict):
    code = "order_not_draft"
    message = bilingual("订单已不是草稿。", "The order is no longer a draft.")


class AlreadySent(Conflict):
    code = "order_already_sent"
    message = bilingual(
        "订单已传给 ERP，请联系订单处取消。", "The order has gone to the ERP. Ask the order desk to cancel."
    )


class OtherCustomer(Invalid):
    code = "visit_of_other_customer"
    message = bilingual("该拜访不属于此客户。", "The visit is to another customer.")


class Changes(TypedDict, total=False):
    """What a PATCH may change; an absent key leaves the field as it is."""

    items: Sequence[Item]
    requested_on: date | None
    note: str


@transaction.atomic
def create_order(
    *,
    actor: Actor,
    id: UUID | None = None,
    customer_id: UUID,
    items: Sequence[Item],
    visit_id: UUID | None = None,
    requested_on: date | None = None,
    note: str = "",
    at: datetime,
) -> tuple[Order, bool]:
    """The actor's new draft and True; sent again, the stored one and False.

    Raises IdReused, what `quote` raises, NotFound for a visit he does not see, OtherCustomer.
    """
    actor.require("order.write")
    content = {
        "customer_id": customer_id,
        "visit_id": visit_id,
        "requested_on": requested_on,
        "note": note,
        "items": [{"id": item.id, "product_id": item.product_id, "quantity": f"{item.quantity:.4f}"} for item in items],
    }

    def create(identity: Identity) -> Order:
        if visit_id is not None:
            _require_same_customer(actor, visit_id, customer_id)
        quoted = quote(actor=actor, customer_id=customer_id, items=items, at=at)
        order: Order = Order.objects.create(
            **identity,
            customer_id=customer_id,
            visit_id=visit_id,
            requested_on=requested_on,
            note=note,
            total=quoted.total,
            currency=quoted.currency,
        )
        _put_lines(order, quoted)
        events.record("order.created", order, actor=actor, at=at, total=str(quoted.total), currency=quoted.currency)
        return order

    order, created = create_once(Order, id=id, actor=actor, content=content, create=create)
    return get_order(actor=actor, order_id=order.pk), created


@transaction.atomic
def change_order(*, actor: Actor, order_id: UUID, version: int, changes: Changes, at: datetime) -> Order:
    """Of a draft; `items` replace all lines, at the prices of now. Raises NotDraft, VersionConflict, as `quote`."""
    order = _own(actor, order_id)
    if not order.can_be_edited:
        raise NotDraft()
    order.require_version(version)
    fields: dict[str, Any] = {name: value for name, value in changes.items() if name != "items"}
    before: dict[str, Any] = {name: str(getattr(order, name) or "") for name in fields}
    after: dict[str, Any] = {name: str(value or "") for name, value in fields.items()}
    if "items" in changes:
        quoted = quote(actor=actor, customer_id=order.customer_id, items=changes["items"], at=at)
        before["lines"], after["lines"] = _as_text(order), [_line_as_text(line) for line in quoted.lines]
        order.lines.all().delete()
        _put_lines(order, quoted)
        fields |= {"total": quoted.total, "currency": quoted.currency}
    if before != after:
        order.change(**fields)
        events.record("order.changed", order, actor=actor, at=at, before=before, after=after)
    return get_order(actor=actor, order_id=order_id)


@transaction.atomic
def submit(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """Number the draft, settle its prices as of now and owe it to the ERP, all in one transaction. Twice is once.

    The delivery of `order.queued` to the ERP bridge is the outbox row: it commits with the order or not at all.
    Raises NotDraft where the order was cancelled, and as `quote`.
    """
    order = _own(actor, order_id)
    if order.status == Order.Status.CANCELLED:
        raise NotDraft()
    if order.status == Order.Status.DRAFT:
        _submit(actor, order, at)
    return get_order(actor=actor, order_id=order_id)


@transaction.atomic
def cancel(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """While nothing of it has left for the ERP. Twice is once. Raises AlreadySent."""
    order = _own(actor, order_id)
    if order.status != Order.Status.CANCELLED:
        if not order.can_be_cancelled:
            raise AlreadySent()
        order.status, order.trouble = Order.Status.CANCELLED, ""
        add_own_event(order=order, kind=Kind.CANCELLED, at=at)
        refresh(order=order)
        customer = order.customer
        events.record("order.cancelled", order, actor=actor, at=at, number=order.number or "", customer=customer.name)
    return get_order(actor=actor, order_id=order_id)


@transaction.atomic
def follow(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """Be told how it goes on. Whoever sees an order may follow it. Twice is once."""
    order = get_order(actor=actor, order_id=order_id)
    _, created = Follower.objects.get_or_create(
        company_id=actor.company_id, order_id=order.pk, employee_id=actor.person_id
    )
    if created:
        events.record("order.followed", order, actor=actor, at=at)
    return get_order(actor=actor, order_id=order_id)


@transaction.atomic
def unfollow(*, actor: Actor, order_id: UUID, at: datetime) -> Order:
    """Twice is once."""
    order = get_order(actor=actor, order_id=order_id)
    deleted, _ = Follower.objects.filter(order_id=order.pk, employee_id=actor.person_id).delete()
    if deleted:
        events.record("order.unfollowed", order, actor=actor, at=at)
    return get_order(actor=actor, order_id=order_id)


def _own(actor: Actor, order_id: UUID) -> Order:
    """Locked, so that whatever else happens to the order waits."""
    actor.require("order.write")
    order: Order = Order.objects.get_visible(actor, order_id, lock=True)
    if order.owner_id != actor.person_id:
        raise NotYourOrder()
    return order


def _require_same_customer(actor: Actor, visit_id: UUID, customer_id: UUID) -> None:
    """A customer merged meanwhile is told by its old id, and the visit has moved."""
    visited = Visit.objects.get_visible(actor, visit_id).customer_id
    if visited != customer_id and get_customer(actor=actor, customer_id=customer_id).pk != visited:
        raise OtherCustomer(fields={"visit_id": str(OtherCustomer.message)})


def _submit(actor: Actor, order: Order, at: datetime) -> None:
    customer = get_customer(actor=actor, customer_id=order.customer_id)
    before = _as_text(order)
    items = [
        Item(product_id=line.product_id, quantity=line.quantity, id=line.pk)
        for line in order.lines.order_by("position")
    ]
    quoted = quote(actor=actor, customer_id=order.customer_id, items=items, at=at)
    order.lines.all().delete()
    _put_lines(order, quoted)
    order.total, order.currency = quoted.total, quoted.currency
    order.status, order.submitted_at = Order.Status.QUEUED, at
    order.number = next_number(company_id=actor.company_id, series=SERIES, at=at)
    add_own_event(order=order, kind=Kind.SUBMITTED, at=at)
    refresh(order=order, also=("number", "total", "currency", "submitted_at"))
    named = {"number": order.number, "customer": customer.name}
    after = [_line_as_text(line) for line in quoted.lines]
    repriced = {"before": {"lines": before}, "after": {"lines": after}} if before != after else {}
    events.record("order.submitted", order, actor=actor, at=at, **named, **repriced)
    events.record("order.queued", order, actor=actor, at=at, **named)


def _put_lines(order: Order, quoted: Quote) -> None:
    """Raises IdReused where a line id already stands for another line."""
    ids = [line.item.id or new_id() for line in quoted.lines]
    if len(set(ids)) < len(ids) or Line.objects.filter(pk__in=ids).exists():
        raise IdReused()
    Line.objects.bulk_create(
        Line(
            id=line_id,
            company_id=order.company_id,
            order=order,
            position=position,
            product=line.product,
            product_code=line.product.code,
            product_name=line.product.name,
            unit=line.product.unit,
            quantity=line.item.quantity,
            unit_price=line.unit_price,
            tax_rate=line.tax_rate,
            amount=line.amount,
        )
        for position, (line_id, line) in enumerate(zip(ids, quoted.lines, strict=True), start=1)
    )


def _as_text(order: Order) -> list[str]:
    return [f"{line.product_code} ×{line.quantity:.4f} @{line.unit_price}" for line in order.lines.order_by("position")]


def _line_as_text(line: Any) -> str:
    return f"{line.product.code} ×{line.item.quantity:.4f} @{line.unit_price}"

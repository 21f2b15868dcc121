"""The order's way to the ERP, as the bridge reports it. The network is never inside these transactions."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.events import services as events
from backend.orders.models import Order
from backend.orders.services.derived import add_own_event, refresh
from backend.orders.stages import Kind, Status


@transaction.atomic
def start_handover(*, actor: Actor, order_id: UUID, at: datetime) -> datetime | None:
    """Since when a message about it may be under way: `at`, unless the fate of an earlier one is unknown.

    From now on the order cannot be cancelled here. None where it no longer wants to go: it was cancelled meanwhile, or
    has arrived already, for instance because the ERP has spoken of it.
    """
    order = _locked(actor, order_id)
    if order.status != Status.QUEUED:
        return None
    if order.handing_over_since is None:
        order.change(handing_over_since=at)
    return order.handing_over_since


@transaction.atomic
def finish_handover(*, actor: Actor, order_id: UUID, at: datetime) -> None:
    """The ERP has the order. Twice is once."""
    order = _locked(actor, order_id)
    if order.status != Status.QUEUED:
        return
    order.status, order.trouble, order.handing_over_since = Status.SENT, "", None
    add_own_event(order=order, kind=Kind.SENT, at=at)
    refresh(order=order)
    events.record("order.sent", order, actor=actor, at=at, number=order.number, customer=order.customer.name)


@transaction.atomic
def report_trouble(*, actor: Actor, order_id: UUID, trouble: str, nothing_left: bool, at: datetime) -> None:
    """The order is not known to be in the ERP, and why; it stays queued and is shown as blocked.

    `nothing_left`: no message about it can have arrived, so it may be cancelled here again.
    """
    order = _locked(actor, order_id)
    trouble = trouble[:255]
    since = None if nothing_left else order.handing_over_since
    if order.status != Status.QUEUED or (order.trouble, order.handing_over_since) == (trouble, since):
        return
    known, order.trouble, order.handing_over_since = order.trouble, trouble, since
    refresh(order=order)
    if trouble != known:
        events.record("order.troubled", order, actor=actor, at=at, number=order.number, trouble=trouble)


def _locked(actor: Actor, order_id: UUID) -> Order:
    actor.require("erp.operate")
    order: Order = Order.objects.get_visible(actor, order_id, lock=True)
    return order

"""What an ERP says of an order, taken in through one door, whatever the channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.money import rounded
from backend.events import services as events
from backend.orders.models import Order, OrderEvent
from backend.orders.rules import Fact, latest_statements
from backend.orders.selectors import fact_of
from backend.orders.services.derived import refresh
from backend.orders.stages import Kind

_TOLD: dict[Kind, tuple[str, ...]] = {
    Kind.SHIPPED: ("carrier", "tracking_number"),
    Kind.INVOICED: ("invoice_number",),
    Kind.PAID: ("amount",),
    Kind.REJECTED: ("reason",),
    Kind.CANCELLED: ("reason",),
    Kind.ALERT: ("text",),
}
"""Which fields of the ERP's data are told on with the event of the same name, `order.<kind>`."""


@dataclass(frozen=True, slots=True)
class Applied:
    new: int
    corrected: int
    unchanged: int
    """Known already, perhaps confirmed anew, or older than what is known."""


@transaction.atomic
def apply_progress(*, actor: Actor, order_id: UUID, facts: Sequence[Fact], at: datetime) -> Applied:
    """Take in what an ERP says of one submitted order; sent again, or in any other order, it comes to the same.

    An event is known by its source and id. A new one is recorded as `order.<kind>` exactly once; a later statement of a
    known one replaces it and leaves an audit entry, `order.corrected`, where it says something else. Raises NotFound
    for a draft, of which no ERP can know.
    """
    actor.require("erp.operate")
    order: Order = Order.objects.select_related("customer").get_visible(actor, order_id, lock=True)
    if order.number is None:
        raise NotFound()
    known = {(event.source, event.external_id): event for event in order.events.all()}
    new: list[Fact] = []
    later: list[tuple[Fact, Fact]] = []
    for fact in latest_statements(facts):
        event = known.get(fact.identity)
        if event is None:
            _insert(order, fact, at)
            new.append(fact)
        elif fact.supersedes(before := fact_of(event)):
            _replace(event, fact, at)
            later.append((before, fact))
    corrected = [(before, fact) for before, fact in later if before.content != fact.content]
    if new or later:
        refresh(order=order)
    for fact in new:
        _tell(actor, order, fact, at)
    for before, fact in corrected:
        _tell_correction(actor, order, before, fact, at)
    return Applied(new=len(new), corrected=len(corrected), unchanged=len(facts) - len(new) - len(corrected))


def _insert(order: Order, fact: Fact, at: datetime) -> None:
    OrderEvent.objects.create(
        company_id=order.company_id,
        order=order,
        source=fact.source,
        external_id=fact.external_id,
        kind=fact.kind,
        occurred_at=fact.occurred_at,
        as_of=fact.as_of,
        received_at=at,
        data=fact.data,
    )


def _replace(event: OrderEvent, fact: Fact, at: datetime) -> None:
    event.kind, event.occurred_at, event.as_of, event.data = fact.kind, fact.occurred_at, fact.as_of, dict(fact.data)
    event.received_at = at
    event.save(update_fields=["kind", "occurred_at", "as_of", "received_at", "data"])


def _tell(actor: Actor, order: Order, fact: Fact, at: datetime) -> None:
    told = {name: str(fact.data.get(name, "")) for name in _TOLD.get(Kind(fact.kind), ())}
    if told.get("amount"):
        told["amount"] = f"{rounded(Decimal(told['amount']))} {order.currency}"
    name = "alert_resolved" if fact.kind == Kind.ALERT and not fact.is_open_alert else fact.kind
    events.record(f"order.{name}", order, actor=actor, at=at, **_named(order, fact), **told)


def _tell_correction(actor: Actor, order: Order, before: Fact, fact: Fact, at: datetime) -> None:
    """An alert that is resolved, or open again, is news to the reader, though the alert is known."""
    if before.kind == fact.kind and before.is_open_alert != fact.is_open_alert:
        _tell(actor, order, fact, at)
    else:
        changed = {"before": _as_json(before), "after": _as_json(fact)}
        events.record("order.corrected", order, actor=actor, at=at, **_named(order, fact), **changed)


def _named(order: Order, fact: Fact) -> dict[str, Any]:
    return {
        "number": order.number,
        "customer": order.customer.name,
        "source": fact.source,
        "external_id": fact.external_id,
    }


def _as_json(fact: Fact) -> dict[str, Any]:
    return {"kind": fact.kind, "occurred_at": fact.occurred_at.isoformat(), "data": dict(fact.data)}

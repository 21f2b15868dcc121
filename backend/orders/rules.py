"""What a set of order events means. Pure: the same set gives the same answer in any order and with any repetition.

An ERP tells what happened at least once, in no promised order, through several channels, and may take things back.
So nothing here depends on arrival: events are put in the order of the source's clock and folded from the start.
Where an ERP goes back (review undone, payment cancelled), the order goes back with it: the ERP is the system of record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from backend.core.money import rounded
from backend.orders.stages import Approval, Block, Kind, Label, Payment, Production, Shipping, Status

OWN_SOURCE = "waiqin"
"""What Waiqin did itself is in the timeline; only an ERP moves the order."""
_NATURAL_ORDER = {kind: rank for rank, kind in enumerate(Kind.values)}
_REVIEW = {
    Kind.RECEIVED: Approval.RECEIVED,
    Kind.IN_REVIEW: Approval.IN_REVIEW,
    Kind.CONFIRMED: Approval.CONFIRMED,
    Kind.REJECTED: Approval.REJECTED,
    Kind.CANCELLED: Approval.CANCELLED,
    Kind.CLOSED: Approval.CLOSED,
}
SHORTAGE = "shortage"
"""The alert code that says: stock is missing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One event as its source tells it: `occurred_at` when it happened, `as_of` when the source said so.

    Both by the source's clock. `data` is JSON; `mobile_api.schemas.webhooks` describes its fields.
    """

    source: str
    external_id: str
    kind: str
    occurred_at: datetime
    as_of: datetime
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str]:
        return self.source, self.external_id

    @property
    def content(self) -> bytes:
        """Equal for equal statements, in whatever order their fields came."""
        return orjson.dumps([self.kind, self.occurred_at.timestamp(), self.data], option=orjson.OPT_SORT_KEYS)

    def supersedes(self, other: "Fact") -> bool:
        """Of two statements of one event the later holds; within one moment the content decides, always alike."""
        return (self.as_of, self.content) > (other.as_of, other.content)

    @property
    def is_open_alert(self) -> bool:
        return self.kind == Kind.ALERT and not self.data.get("resolved")


@dataclass(frozen=True, slots=True)
class Entry:
    fact: Fact
    voided: bool
    """The source has taken it back: shown, and without effect."""


@dataclass(slots=True)
class Shipment:
    number: str
    carrier: str = ""
    tracking_number: str = ""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    quantities: dict[str, Decimal] = field(default_factory=dict)
    """By product code, where the ERP itemised."""
    whole: bool = False
    """Everything that was ordered: neither itemised nor called partial."""


@dataclass(frozen=True, slots=True)
class Progress:
    timeline: tuple[Entry, ...]
    approval: Approval
    production: Production
    shipping: Shipping
    payment: Payment
    shipments: tuple[Shipment, ...]
    shipped: Mapping[str, Decimal]
    """Quantity by product code; `returned` likewise."""
    returned: Mapping[str, Decimal]
    invoiced: Decimal
    paid: Decimal
    holds: frozenset[Block]
    reason: str
    """Why the ERP refused or cancelled the order."""
    promised_on: str
    """ISO date; empty where the ERP has promised nothing."""
    as_of: datetime | None
    heard: bool
    """Whether an ERP has said anything at all."""


def latest_statements(facts: Iterable[Fact]) -> list[Fact]:
    """One fact for each event, in the order of the sources' clocks."""
    held: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        known = held.get(fact.identity)
        if known is None or fact.supersedes(known):
            held[fact.identity] = fact
    return sorted(held.values(), key=lambda fact: (fact.occurred_at, _NATURAL_ORDER[fact.kind], fact.identity))


def fold(facts: Iterable[Fact], *, ordered: Mapping[str, Decimal], total: Decimal) -> Progress:
    """Where the order stands. `ordered` is its quantities by product code, `total` its amount."""
    statements = latest_statements(facts)
    voids = _voided(statements)
    timeline = tuple(Entry(fact, voided=fact.identity in voids) for fact in statements)
    told = [entry.fact for entry in timeline if entry.fact.source != OWN_SOURCE]
    standing = [entry.fact for entry in timeline if entry.fact.source != OWN_SOURCE and not entry.voided]

    shipments = _shipments(standing)
    shipped = _shipped(shipments, ordered)
    returned = _returned(standing, shipped)
    production = _production(standing)
    shipping = _shipping(standing, shipments, shipped=shipped, returned=returned, ordered=ordered)
    invoiced = _sum(standing, Kind.INVOICED, total)
    paid = _sum(standing, Kind.PAID, total)
    payment = _payment(standing, invoiced=invoiced, paid=paid, total=total)
    approval, reason = _approval(standing)
    begun = production != Production.NONE or shipping != Shipping.NONE or invoiced > 0
    if begun and approval in (Approval.NONE, Approval.RECEIVED):
        approval = Approval.CONFIRMED
    promises = [fact.data["promised_on"] for fact in standing if fact.data.get("promised_on")]
    return Progress(
        timeline=timeline,
        approval=approval,
        production=production,
        shipping=shipping,
        payment=payment,
        shipments=tuple(shipments),
        shipped=shipped,
        returned=returned,
        invoiced=invoiced,
        paid=paid,
        holds=_holds(standing, approval=approval, shipping=shipping),
        reason=reason,
        promised_on=promises[-1] if promises else "",
        as_of=max((fact.as_of for fact in told), default=None),
        heard=bool(told),
    )


def status_after(status: str, progress: Progress) -> Status:
    """Between Waiqin and the ERP, once the ERP has spoken; before that whatever Waiqin has set."""
    if not progress.heard:
        return Status(status)
    match progress.approval:
        case Approval.CONFIRMED | Approval.CLOSED:
            return Status.ACCEPTED
        case Approval.REJECTED:
            return Status.REJECTED
        case Approval.CANCELLED:
            return Status.CANCELLED
        case _:
            return Status.SENT


def label_of(status: str, progress: Progress) -> Label:
    """Money counts only once everything is shipped: a prepaid order that waits for goods is not finished."""
    if status not in (Status.SENT, Status.ACCEPTED):
        return Label(status)
    arrived = progress.shipping in (Shipping.SHIPPED, Shipping.DELIVERED)
    if progress.shipping == Shipping.RETURNED:
        return Label.RETURNED
    if arrived and progress.payment == Payment.PAID:
        return Label.PAID
    if arrived and progress.payment in (Payment.INVOICED, Payment.PART_PAID):
        return Label.INVOICED
    if arrived:
        return Label(progress.shipping)
    if progress.approval == Approval.CLOSED:
        return Label.CLOSED
    if progress.approval == Approval.IN_REVIEW:
        return Label.IN_REVIEW
    if progress.shipping != Shipping.NONE:
        return Label(progress.shipping)
    if progress.production == Production.DONE:
        return Label.PRODUCED
    if progress.production == Production.RUNNING:
        return Label.IN_PRODUCTION
    return Label.CONFIRMED if progress.approval == Approval.CONFIRMED else Label.SENT


def blocks_of(status: str, progress: Progress, *, trouble: str) -> list[Block]:
    """In the order of `Block`; nothing blocks a draft or an order that has come to its end."""
    found = set(progress.holds) if status in (Status.SENT, Status.ACCEPTED) else set()
    if status == Status.IN_APPROVAL:
        found.add(Block.APPROVAL)
    if trouble and status == Status.QUEUED:
        found.add(Block.ERP_ERROR)
    return [block for block in Block if block in found]


def line_amount(*, quantity: Decimal, unit_price: Decimal) -> Decimal:
    return rounded(quantity * unit_price)


def _voided(statements: Sequence[Fact]) -> set[tuple[str, str]]:
    """What was taken back. Newest first, so that taking back a taking-back brings the first event to life again."""
    voided: set[tuple[str, str]] = set()
    for fact in reversed(statements):
        if fact.kind == Kind.VOIDED and fact.identity not in voided:
            voided.add((fact.source, fact.data.get("voids", "")))
    return voided


def _approval(standing: Sequence[Fact]) -> tuple[Approval, str]:
    approval, reason = Approval.NONE, ""
    for fact in standing:
        if stage := _REVIEW.get(Kind(fact.kind)):
            approval, reason = stage, str(fact.data.get("reason", ""))
    return approval, reason


def _production(standing: Sequence[Fact]) -> Production:
    works: dict[str, Production] = {}
    for fact in standing:
        if fact.kind == Kind.PRODUCTION:
            works[fact.data.get("reference", "")] = Production(fact.data.get("state", Production.RUNNING))
    states = set(works.values())
    if not states:
        return Production.NONE
    if states == {Production.DONE}:
        return Production.DONE
    return Production.PLANNED if states == {Production.PLANNED} else Production.RUNNING


def _shipments(standing: Sequence[Fact]) -> list[Shipment]:
    """Dispatches first and arrivals after them, since the clocks of a warehouse and a carrier differ."""
    found: dict[str, Shipment] = {}
    for fact in standing:
        if fact.kind == Kind.SHIPPED:
            _dispatch(found, fact)
    for fact in standing:
        if fact.kind == Kind.DELIVERED:
            _arrive(found, fact)
    return list(found.values())


def _dispatch(found: dict[str, Shipment], fact: Fact) -> None:
    number = fact.data.get("shipment") or fact.external_id
    shipment = found.setdefault(number, Shipment(number, shipped_at=fact.occurred_at))
    shipment.carrier = fact.data.get("carrier") or shipment.carrier
    shipment.tracking_number = fact.data.get("tracking_number") or shipment.tracking_number
    _load(shipment, fact)


def _arrive(found: dict[str, Shipment], fact: Fact) -> None:
    """One shipment by its number; without a number all that had left; of an unknown one the departure was not told."""
    number = fact.data.get("shipment")
    if number:
        arrived = [found[number]] if number in found else []
    else:
        had_left = [item for item in found.values() if item.shipped_at and item.shipped_at <= fact.occurred_at]
        arrived = had_left or list(found.values())
    if not arrived:
        arrived = [Shipment(number or fact.external_id)]
        _load(arrived[0], fact)
        found[arrived[0].number] = arrived[0]
    for shipment in arrived:
        shipment.delivered_at = shipment.delivered_at or fact.occurred_at


def _load(shipment: Shipment, fact: Fact) -> None:
    for code, quantity in _itemised(fact).items():
        shipment.quantities[code] = shipment.quantities.get(code, Decimal(0)) + quantity
    if not fact.data.get("lines") and not fact.data.get("partial"):
        shipment.whole = True


def _itemised(fact: Fact) -> dict[str, Decimal]:
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for line in fact.data.get("lines", ()):
        quantities[line["product_code"]] += Decimal(line["quantity"])
    return quantities


def _shipped(shipments: Sequence[Shipment], ordered: Mapping[str, Decimal]) -> dict[str, Decimal]:
    if any(shipment.whole for shipment in shipments):
        return dict(ordered)
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for shipment in shipments:
        for code, quantity in shipment.quantities.items():
            quantities[code] += quantity
    return dict(quantities)


def _returned(standing: Sequence[Fact], shipped: Mapping[str, Decimal]) -> dict[str, Decimal]:
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for fact in standing:
        if fact.kind == Kind.RETURNED:
            for code, quantity in (_itemised(fact) or shipped).items():
                quantities[code] += quantity
    return dict(quantities)


def _shipping(
    standing: Sequence[Fact],
    shipments: Sequence[Shipment],
    *,
    shipped: Mapping[str, Decimal],
    returned: Mapping[str, Decimal],
    ordered: Mapping[str, Decimal],
) -> Shipping:
    if not shipments:
        picked = any(fact.kind == Kind.PICKED for fact in standing)
        return Shipping.PICKING if picked else Shipping.NONE
    if shipped and all(returned.get(code, 0) >= quantity for code, quantity in shipped.items()):
        return Shipping.RETURNED
    if any(shipped.get(code, 0) < quantity for code, quantity in ordered.items()):
        return Shipping.PART_SHIPPED
    arrived = all(shipment.delivered_at for shipment in shipments)
    return Shipping.DELIVERED if arrived else Shipping.SHIPPED


def _sum(standing: Sequence[Fact], kind: Kind, total: Decimal) -> Decimal:
    """Of the amounts; an event without one is about the whole order."""
    amounts = [fact.data.get("amount") for fact in standing if fact.kind == kind]
    if None in amounts:
        return total
    return rounded(sum((Decimal(amount) for amount in amounts if amount is not None), Decimal(0)))


def _payment(standing: Sequence[Fact], *, invoiced: Decimal, paid: Decimal, total: Decimal) -> Payment:
    kinds = {fact.kind for fact in standing}
    if Kind.PAID in kinds and paid >= total:
        return Payment.PAID
    if paid > 0:
        return Payment.PART_PAID
    if Kind.INVOICED in kinds and invoiced >= total:
        return Payment.INVOICED
    return Payment.PART_INVOICED if invoiced > 0 else Payment.NONE


def _holds(standing: Sequence[Fact], *, approval: Approval, shipping: Shipping) -> frozenset[Block]:
    """A hold lasts until it is released, a shortage until it is resolved, both at most until the goods are gone."""
    holds: set[Block] = set()
    for fact in standing:
        if fact.kind == Kind.HELD:
            holds.add(Block(fact.data.get("hold", Block.APPROVAL)))
        elif fact.kind == Kind.RELEASED:
            released = fact.data.get("hold")
            holds = {hold for hold in holds if released and hold != released}
    if any(fact.is_open_alert and fact.data.get("code") == SHORTAGE for fact in standing):
        holds.add(Block.STOCK)
    if approval == Approval.IN_REVIEW:
        holds.add(Block.APPROVAL)
    gone = shipping in (Shipping.SHIPPED, Shipping.DELIVERED, Shipping.RETURNED) or approval == Approval.CLOSED
    return frozenset() if gone else frozenset(holds)

"""What an ERP may tell, the same through webhook and file, and what Waiqin tells an ERP.

Checked here once for all channels. Only fields named here are taken; an integrator learns of a misspelt one at once.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from backend.orders.models import Order
from backend.orders.rules import Fact

MAX_EVENTS = 500
MAX_STOCK_ROWS = 2000
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_CLEAN = r"^[^\x00-\x1f]*$"


def _as_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a string is required")
    return value


def _as_utc(value: datetime) -> datetime:
    if not EARLIEST <= value <= LATEST:
        raise ValueError("between 2000 and 2100")
    return value.astimezone(UTC)


def _plain(value: Decimal) -> str:
    """`3`, `3.0` and `3.00` are one figure, whichever channel brought it."""
    return format(value.normalize() + 0, "f")


def _number(*, pattern: str, example: str) -> Any:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


When = Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_as_utc)]
"""RFC 3339 with an offset, by the ERP's clock."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_CLEAN)]
EventId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_CLEAN)]
OrderNumber = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=_CLEAN)]
Text = Annotated[str, StringConstraints(max_length=255, pattern=_CLEAN)]
Quantity = Annotated[
    Decimal,
    BeforeValidator(_as_text),
    Field(gt=0, max_digits=14, decimal_places=4),
    PlainSerializer(_plain),
    _number(pattern=r"^\d{1,10}(\.\d{1,4})?$", example="12"),
]
Figure = Annotated[
    Decimal,
    BeforeValidator(_as_text),
    Field(max_digits=18, decimal_places=4),
    PlainSerializer(_plain),
    _number(pattern=r"^-?\d{1,14}(\.\d{1,4})?$", example="250"),
]
"""A stock figure; negative where the ERP ships before it books the receipt."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_as_text),
    Field(max_digits=14, decimal_places=2),
    PlainSerializer(_plain),
    _number(pattern=r"^-?\d{1,12}(\.\d{1,2})?$", example="1250.50"),
]
"""Tax included, in the order's currency; negative for a refund or a credit note."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class EventLine(Part):
    product_code: Code
    quantity: Quantity


class EventData(Part):
    """What the kinds of events may add. Everything is optional: an ERP tells what it knows.

    Without `lines` an event is about the whole order, or with `partial` about an unknown part of it; without `amount`
    an invoice or a payment is about the whole sum.
    """

    lines: Annotated[list[EventLine], Field(max_length=200)] | None = None
    """Of a shipment or a return."""
    partial: bool | None = None
    shipment: Code | None = None
    """Number of the delivery note: ties shipment and arrival together."""
    carrier: Text | None = None
    tracking_number: Code | None = None
    invoice_number: Code | None = None
    amount: Amount | None = None
    reference: Code | None = None
    """Of a payment, a work order or whatever the event is about in the ERP."""
    state: Literal["planned", "running", "done"] | None = None
    """Of a production."""
    hold: Literal["approval", "credit", "stock"] | None = None
    """What is held or released."""
    promised_on: date | None = None
    reason: Text | None = None
    code: Code | None = None
    """Of an alert: `shortage` blocks the order, others are only told."""
    text: Text | None = None
    product_code: Code | None = None
    planned_on: date | None = None
    resolved: bool | None = None
    voids: EventId | None = None
    """The event that is taken back."""


class OrderEvent(Part):
    id: EventId
    """The ERP's own id of the event: the same event always has the same."""
    order_number: OrderNumber
    kind: Literal[
        "received",
        "in_review",
        "confirmed",
        "held",
        "released",
        "production",
        "picked",
        "shipped",
        "delivered",
        "invoiced",
        "paid",
        "returned",
        "alert",
        "voided",
        "rejected",
        "cancelled",
        "closed",
    ]
    occurred_at: When
    as_of: When | None = None
    """When the ERP's data was so; of two statements of one event the later holds. By default `occurred_at`."""
    data: EventData = EventData()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "voided" and not self.data.voids:
            raise ValueError("a voided event names what it voids")
        if self.kind == "alert" and not self.data.code:
            raise ValueError("an alert has a code")
        return self

    @property
    def name(self) -> str:
        """For people who look for it in the ERP."""
        return f"{self.order_number} / {self.id}"

    def fact(self, source: str) -> Fact:
        return Fact(
            source=source,
            external_id=self._identity(),
            kind=self.kind,
            occurred_at=self.occurred_at,
            as_of=self.as_of or self.occurred_at,
            data=self.data.model_dump(mode="json", exclude_none=True),
        )

    def _identity(self) -> str:
        """ERPs delete and renew their alerts, so an alert is known by what it is about and never by its id there."""
        if self.kind != "alert":
            return self.id
        about = [self.data.code, self.data.shipment, self.data.product_code, str(self.data.planned_on or "")]
        return f"alert:{hashlib.sha256(orjson.dumps(about)).hexdigest()[:32]}"


class StockLevel(Part):
    product_code: Code
    warehouse_code: Code
    on_hand: Figure
    reserved: Figure = Decimal(0)
    as_of: When

    @property
    def name(self) -> str:
        return f"{self.product_code} / {self.warehouse_code}"


class Message(Part):
    """One message of an ERP: what happened to orders, and stock figures."""

    events: Annotated[list[OrderEvent], Field(max_length=MAX_EVENTS)] = []
    stock: Annotated[list[StockLevel], Field(max_length=MAX_STOCK_ROWS)] = []


def order_message(order: Order) -> dict[str, Any]:
    """What an ERP is told of a submitted order; JSON. Prices include tax."""
    return {
        "type": "order.submitted",
        "order": {
            "number": order.number,
            "submitted_at": order.submitted_at.isoformat() if order.submitted_at else None,
            "customer": {"code": order.customer.code, "name": order.customer.name},
            "salesperson": {"number": order.owner.number, "name": order.owner.name},
            "requested_on": order.requested_on.isoformat() if order.requested_on else None,
            "note": order.note,
            "currency": order.currency,
            "total": str(order.total),
            "lines": [
                {
                    "position": line.position,
                    "product_code": line.product_code,
                    "product_name": line.product_name,
                    "unit": line.unit,
                    "quantity": _plain(line.quantity),
                    "unit_price": str(line.unit_price),
                    "tax_rate": str(line.tax_rate),
                    "amount": str(line.amount),
                }
                for line in order.lines.all()
            ],
        },
    }


def by_order(events: Iterable[OrderEvent]) -> dict[str, list[OrderEvent]]:
    grouped: dict[str, list[OrderEvent]] = {}
    for event in events:
        grouped.setdefault(event.order_number, []).append(event)
    return grouped

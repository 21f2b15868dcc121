from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mobile_api.schemas.base import NO_NUL, Day, DecimalOut, In, MoneyOut, Out, Quantity, Version
from mobile_api.schemas.directory import EmployeeRefOut
from mobile_api.schemas.visits import CustomerRefOut

OrderStatus = Literal["draft", "in_approval", "approved", "queued", "sent", "accepted", "rejected", "cancelled"]
OrderLabel = Literal[
    "draft",
    "in_approval",
    "approved",
    "queued",
    "sent",
    "in_review",
    "confirmed",
    "in_production",
    "produced",
    "picking",
    "part_shipped",
    "shipped",
    "delivered",
    "invoiced",
    "paid",
    "returned",
    "rejected",
    "cancelled",
    "closed",
]
Block = Literal["approval", "credit", "stock", "erp_error"]
EventKind = Literal[
    "submitted",
    "sent",
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
Note = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
NumberStart = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9-]+$")]
ABSENT = Field(default=None)
"""May be left out and yet not be null."""


class BasketLineIn(In):
    product_id: UUID
    quantity: Quantity


class OrderLineIn(BasketLineIn):
    id: UUID | None = None


class PriceIn(In):
    customer_id: UUID
    lines: Annotated[list[BasketLineIn], Field(min_length=1, max_length=200)]


class OrderIn(In):
    """No prices: the server gives them. A product stands on one line only."""

    id: UUID | None = None
    customer_id: UUID
    visit_id: UUID | None = None
    lines: Annotated[list[OrderLineIn], Field(min_length=1, max_length=200)]
    requested_on: Day | None = None
    note: Note = ""


class OrderPatch(In):
    """An absent field stays as it is; `lines` are replaced as a whole."""

    version: Version
    lines: Annotated[list[OrderLineIn], Field(default=None, min_length=1, max_length=200)]
    requested_on: Day | None = None
    note: Annotated[Note, ABSENT]


class PricedLineOut(Out):
    product_id: UUID
    product_code: str
    product_name: str
    unit: str
    quantity: DecimalOut
    unit_price: DecimalOut
    """Tax included, in the currency of the total."""
    tax_rate: DecimalOut
    """A fraction: 0.13 is 13 %."""
    amount: DecimalOut


class PriceOut(Out):
    lines: list[PricedLineOut]
    total: MoneyOut


class OrderLineOut(PricedLineOut):
    id: UUID
    position: int


class OrderItemOut(Out):
    id: UUID
    version: int
    number: str | None
    status: OrderStatus
    label: OrderLabel
    """The one word for where the order stands."""
    blocked_by: list[Block]
    customer: CustomerRefOut
    owner: EmployeeRefOut
    total: MoneyOut
    requested_on: date | None
    promised_on: date | None
    created_at: AwareDatetime
    submitted_at: AwareDatetime | None
    as_of: AwareDatetime | None
    """Up to when the ERP has told of this order."""
    is_followed: bool


class OrdersOut(Out):
    items: list[OrderItemOut]
    next_cursor: str | None


class AxesOut(Out):
    """Four courses that do not wait for each other."""

    approval: Literal["none", "received", "in_review", "confirmed", "rejected", "cancelled", "closed"]
    production: Literal["none", "planned", "running", "done"]
    shipment: Literal["none", "picking", "part_shipped", "shipped", "delivered", "returned"]
    money: Literal["none", "part_invoiced", "invoiced", "part_paid", "paid"]


class OrderOut(OrderItemOut):
    visit_id: UUID | None
    note: str
    axes: AxesOut
    reason: str
    """Why the ERP refused or cancelled it."""
    trouble: str
    """Why it has not reached the ERP yet."""
    lines: list[OrderLineOut]


class OrderEventOut(Out):
    source: str
    """`waiqin` or the code of an ERP system."""
    id: str
    kind: EventKind
    occurred_at: AwareDatetime
    as_of: AwareDatetime
    voided: bool
    """Taken back by its source: shown, without effect."""
    data: dict[str, Any]


class ShippedLineOut(Out):
    product_code: str
    quantity: DecimalOut


class ShipmentOut(Out):
    number: str
    carrier: str
    tracking_number: str
    shipped_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    whole: bool
    """Everything that was ordered; then `lines` may be empty."""
    lines: list[ShippedLineOut]


class LineProgressOut(Out):
    id: UUID
    product_code: str
    product_name: str
    unit: str
    ordered: DecimalOut
    shipped: DecimalOut
    returned: DecimalOut


class TimelineOut(OrderItemOut):
    axes: AxesOut
    reason: str
    trouble: str
    events: list[OrderEventOut]
    """Of all sources, in the order of their clocks."""
    shipments: list[ShipmentOut]
    lines: list[LineProgressOut]
    invoiced: MoneyOut | None
    paid: MoneyOut | None
    """Null, as is the `amount` of an event, where the caller may not see what was invoiced and paid."""

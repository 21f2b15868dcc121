"""A customer from all sides."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime

from mobile_api.schemas.base import MoneyOut, Out
from mobile_api.schemas.customers import ContactOut, CustomerOut


class LastVisitOut(Out):
    id: UUID
    at: AwareDatetime
    owner: str
    verdict: str
    next_step: str
    next_on: date | None


class LastPromiseOut(Out):
    visit_id: UUID
    amount: MoneyOut | None
    """Null for who sees no amounts paid, unless he made the visit himself."""
    promised_on: date


class VisitFiguresOut(Out):
    """Of visits that were checked in."""

    count: int
    completed: int
    verified: int
    last: LastVisitOut | None
    promise: LastPromiseOut | None
    """Of money, the one for the latest day."""


class LastPlannedOut(Out):
    on: date
    owner: str


class PlanFiguresOut(Out):
    last_planned: LastPlannedOut | None


class LastOrderOut(Out):
    id: UUID
    number: str | None
    label: str
    at: AwareDatetime


class ReceivableFiguresOut(Out):
    """Orders that are invoiced and not paid, wholly or in part, with their totals."""

    count: int
    total: list[MoneyOut]


class OrderFiguresOut(Out):
    count: int
    open: int
    sold: list[MoneyOut]
    last: LastOrderOut | None
    receivables: ReceivableFiguresOut | None
    """Null where the caller may not see amounts invoiced and paid."""


class OpenApprovalOut(Out):
    id: UUID
    title: str
    owner: str
    at: AwareDatetime


class ExpenseFiguresOut(Out):
    count: int
    approved: list[MoneyOut]
    open_approvals: list[OpenApprovalOut]


class CustomerOverviewOut(Out):
    """Each block is null where the caller may not see such things at all, and counts what he sees of them."""

    customer: CustomerOut
    contacts: list[ContactOut]
    visits: VisitFiguresOut | None
    plans: PlanFiguresOut | None
    orders: OrderFiguresOut | None
    expenses: ExpenseFiguresOut | None


class CustomerLineOut(Out):
    at: AwareDatetime
    kind: str
    """`history` for what was done to the customer itself, else `visits`, `orders`, `expenses`."""
    id: str
    title: str
    status: str
    who: str
    data: dict[str, Any]


class CustomerTimelineOut(Out):
    items: list[CustomerLineOut]
    next_cursor: str | None

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mobile_api.schemas.base import NOT_BLANK, Day, In, MoneyIn, MoneyOut, Out, Version
from mobile_api.schemas.directory import EmployeeRefOut
from mobile_api.schemas.visits import CustomerRefOut

RequestStatus = Literal["draft", "in_approval", "approved", "rejected", "withdrawn"]
Purpose = Annotated[str, StringConstraints(max_length=255, pattern=NOT_BLANK)]
ABSENT = Field(default=None)
"""May be left out and yet not be null."""


class ExpenseRequestIn(In):
    id: UUID | None = None
    category_id: UUID
    customer_id: UUID | None = None
    visit_id: UUID | None = None
    """Brings its customer along."""
    purpose: Purpose
    amount: MoneyIn
    needed_on: Day | None = None


class ExpenseRequestPatch(In):
    """An absent field stays as it is; null empties the fields that may be empty."""

    version: Version
    category_id: Annotated[UUID, ABSENT]
    customer_id: UUID | None = None
    visit_id: UUID | None = None
    purpose: Annotated[Purpose, ABSENT]
    amount: Annotated[MoneyIn, ABSENT]
    needed_on: Day | None = None


class ExpenseCategoryRefOut(Out):
    id: UUID
    code: str
    name: str


class ExpenseRequestOut(Out):
    id: UUID
    version: int
    number: str
    status: RequestStatus
    owner: EmployeeRefOut
    category: ExpenseCategoryRefOut
    customer: CustomerRefOut | None
    visit_id: UUID | None
    purpose: str
    amount: MoneyOut
    needed_on: date | None
    approval_id: UUID | None
    created_at: AwareDatetime
    submitted_at: AwareDatetime | None


class ExpenseRequestsOut(Out):
    items: list[ExpenseRequestOut]
    next_cursor: str | None


class ExpenseCategoryOut(ExpenseCategoryRefOut):
    limit: MoneyOut | None
    """Per request, in the company's currency."""
    invoice_required: bool


class ExpenseCategoriesOut(Out):
    items: list[ExpenseCategoryOut]

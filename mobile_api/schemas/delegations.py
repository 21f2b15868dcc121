from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from mobile_api.schemas.base import Day, In, Key, Out, ShortText
from mobile_api.schemas.directory import EmployeeRefOut


class DelegationIn(In):
    id: UUID | None = None
    giver_id: UUID | None = None
    """Whose documents; the caller's own where it is left out."""
    delegate_id: UUID
    from_on: Day
    to_on: Day
    """Both days included, in the company's time zone."""
    document_types: Annotated[list[Key], Field(max_length=50)] = []
    """As in an approval: `expenses.expenserequest`. None means all kinds."""
    reason: ShortText = ""


class DelegationOut(Out):
    id: UUID
    giver: EmployeeRefOut
    delegate: EmployeeRefOut
    from_on: date
    to_on: date
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    """The first moment that no longer belongs to it."""
    document_types: list[str]
    reason: str
    state: Literal["upcoming", "in_force", "over", "ended", "left", "handed_over"]
    created_at: AwareDatetime
    ended_at: AwareDatetime | None


class DelegationsOut(Out):
    items: list[DelegationOut]
    next_cursor: str | None

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from mobile_api.schemas.base import NO_NUL, Day, In, Out

By = Literal["owner", "department", "level", "type", "day", "week", "month"]


class StatisticsFilters(In):
    """Both days included, in the company's time zone, at most a year. A department comes with everything below it; the
    level is the customer's as it is now, like the type; of customers that I do not see both are empty."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    by: By = "owner"
    owner: UUID | None = None
    department: UUID | None = None
    level: Annotated[str, StringConstraints(max_length=16, pattern=NO_NUL)] | None = None


class FiguresOut(Out):
    visits: int
    """Begun in the period; all up to `photos` is told of these."""
    completed: int
    customers: int
    """Different ones."""
    verified: int
    """By the rules alone; `accepted`, `rejected` and `waiting` are the doubtful ones, by what a superior decided."""
    accepted: int
    rejected: int
    waiting: int
    verified_share: float | None
    """Verified or accepted, of all visits."""
    timed: int
    """Visits whose owner checked out himself: only of these anybody knows how long they took."""
    minutes: int
    average_minutes: float | None
    photos: int
    """With voice notes and videos."""
    planned: int
    """Plans of the period, cancelled ones left out; `kept` are those that are done."""
    kept: int
    kept_share: float | None
    in_charge: int | None
    """Customers with an owner that are prospects or active, as they are now; null for who may see no customers."""
    covered: int | None
    """Those of them that anybody has visited in the period, by the visits that I see; rejected check-ins left out."""
    coverage: float | None


class StatisticsGroupOut(FiguresOut):
    key: str
    """The id of a person or department, a level, a type, or a day, ISO week (2026-W48) or month."""
    name: str


class VisitStatisticsOut(Out):
    """Departments hold everything below them, so their figures do not add up to the totals; nor do different customers
    of several groups."""

    first: date
    last: date
    by: By
    items: list[StatisticsGroupOut]
    totals: FiguresOut

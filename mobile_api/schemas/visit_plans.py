import re
from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema

from mobile_api.schemas.base import NOT_BLANK, Cursor, Day, In, Limit, Out, ShortText, Version, When, not_bool
from mobile_api.schemas.directory import EmployeeRefOut
from mobile_api.schemas.visits import CustomerRefOut

PlanStatus = Literal["planned", "done", "cancelled"]
Level = Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=NOT_BLANK)]
Days = Annotated[int, Field(ge=1, le=366), BeforeValidator(not_bool)]
Minutes = Annotated[int, Field(ge=5, le=720), BeforeValidator(not_bool)]
Weekday = Annotated[int, Field(ge=1, le=7), BeforeValidator(not_bool)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
MAX_BATCH = 200


def _clock(value: object) -> time:
    if not isinstance(value, str) or not re.fullmatch(CLOCK, value):
        raise ValueError("a time of day as HH:MM is required")
    return time.fromisoformat(value)


TimeOfDay = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": CLOCK, "examples": ["09:30"]}),
]
"""In the company's time zone."""


class PlanFilters(In):
    """Both days included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    owner: UUID | None = None
    mine: bool = False
    limit: Limit = 20
    cursor: Cursor | None = None


class PageFilters(In):
    limit: Limit = 20
    cursor: Cursor | None = None


class CalendarFilters(In):
    """Both days included, at most six weeks."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    owner: UUID | None = None
    mine: bool = False


class RouteFilters(In):
    """Where he starts, both or neither; without it the route begins at the first stop."""

    day: Day
    owner: UUID | None = None
    lat: Latitude | None = None
    lng: Longitude | None = None
    crs: Literal["wgs84", "gcj02"] = "wgs84"


class DueFilters(In):
    state: Literal["never", "overdue", "due", "on_time"] | None = None
    owner: UUID | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class PlanIn(In):
    id: UUID | None = None
    customer_id: UUID
    planned_on: Day
    starts_at: When | None = None
    ends_at: When | None = None
    purpose: ShortText = ""


class AssignedPlanIn(PlanIn):
    owner_id: UUID


class PlansIn(In):
    items: Annotated[list[AssignedPlanIn], Field(min_length=1, max_length=MAX_BATCH)]


class PlanPatch(In):
    version: Version
    planned_on: Day | None = None
    starts_at: When | None = None
    ends_at: When | None = None
    purpose: ShortText | None = None


class PlanCancelIn(In):
    reason: ShortText = ""


class SeriesIn(In):
    id: UUID | None = None
    customer_id: UUID
    kind: Literal["weekdays", "every_n_days"]
    weekdays: Annotated[list[Weekday], Field(max_length=7)] = []
    """ISO 8601, 1 for Monday."""
    every_days: Days = 1
    first_on: Day
    last_on: Day | None = None
    starts: TimeOfDay | None = None
    minutes: Minutes | None = None
    purpose: ShortText = ""


class SubstitutionIn(In):
    id: UUID | None = None
    absent_id: UUID
    substitute_id: UUID
    first_on: Day
    last_on: Day
    reason: ShortText = ""


class CadenceIn(In):
    level: Level
    every_days: Days


class CadencesIn(In):
    items: Annotated[list[CadenceIn], Field(max_length=50)]


class PlanOut(Out):
    id: UUID
    version: int
    status: PlanStatus
    customer: CustomerRefOut
    owner: EmployeeRefOut
    planned_on: date
    starts_at: AwareDatetime | None
    ends_at: AwareDatetime | None
    purpose: str
    series_id: UUID | None
    assigned_by_id: UUID | None
    substitute_for_id: UUID | None
    cancel_reason: str


class PlanWarningOut(Out):
    """Because of another plan of the same person and day; minutes where the way is too long for the time between."""

    code: Literal["overlap", "travel_too_short", "same_customer"]
    plan_id: UUID
    needed_min: int | None
    free_min: int | None


class PlannedOut(PlanOut):
    warnings: list[PlanWarningOut]


class PlansOut(Out):
    items: list[PlanOut]
    next_cursor: str | None


class PlannedManyOut(Out):
    items: list[PlannedOut]


class PersonDayOut(Out):
    owner: EmployeeRefOut
    plans: list[PlannedOut]


class CalendarDayOut(Out):
    day: date
    people: list[PersonDayOut]


class CalendarOut(Out):
    """Only days and people with plans."""

    days: list[CalendarDayOut]


class LegOut(Out):
    plan: PlanOut
    lat: float
    lng: float
    metres: float
    """As the crow flies, from the stop before."""
    minutes: int
    """By road, from the stop before."""


class RouteOut(Out):
    """WGS-84."""

    legs: list[LegOut]
    metres: float
    without_place: list[PlanOut]


class SeriesOut(Out):
    id: UUID
    version: int
    customer: CustomerRefOut
    owner: EmployeeRefOut
    kind: Literal["weekdays", "every_n_days"]
    weekdays: list[int]
    every_days: int
    first_on: date
    last_on: date | None
    starts: str | None
    """HH:MM in the company's time zone."""
    minutes: int | None
    purpose: str
    ended_at: AwareDatetime | None


class SeriesListOut(Out):
    items: list[SeriesOut]
    next_cursor: str | None


class SubstitutionOut(Out):
    id: UUID
    version: int
    absent: EmployeeRefOut
    substitute: EmployeeRefOut
    arranged_by: EmployeeRefOut
    first_on: date
    last_on: date
    reason: str


class SubstitutionsOut(Out):
    items: list[SubstitutionOut]
    next_cursor: str | None


class CadenceOut(Out):
    level: str
    every_days: int


class CadencesOut(Out):
    items: list[CadenceOut]


class DueCustomerOut(Out):
    customer: CustomerRefOut
    owner: EmployeeRefOut
    level: str
    every_days: int
    last_visit_at: AwareDatetime | None
    due_at: AwareDatetime
    """Never visited: since it was entered."""
    state: Literal["never", "overdue", "due", "on_time"]


class DueOut(Out):
    items: list[DueCustomerOut]
    next_cursor: str | None


class DueCountOut(Out):
    owner: EmployeeRefOut
    department_id: UUID
    department_name: str
    never: int
    overdue: int
    due: int
    on_time: int


class DueCountsOut(Out):
    items: list[DueCountOut]

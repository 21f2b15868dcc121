from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mobile_api.schemas.base import NOT_BLANK, Cursor, In, Limit, Out, ShortText
from mobile_api.schemas.directory import EmployeeRefOut
from mobile_api.schemas.visits import CustomerRefOut, Decision, ReasonOut, VisitItemOut

Why = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NOT_BLANK)]


class WaitingFilters(In):
    limit: Limit = 20
    cursor: Cursor | None = None


class WaitingOut(VisitItemOut):
    reasons: list[ReasonOut]


class WaitingListOut(Out):
    items: list[WaitingOut]
    next_cursor: str | None


class ReviewManyIn(In):
    visit_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    decision: Decision
    reason: ShortText = ""


class ReviewOutcomeOut(Out):
    visit_id: UUID
    done: bool
    """The decision stands now."""
    code: str | None
    """Why it does not: `already_reviewed`, `nothing_to_review`, `own_visit`, `not_found` and so on."""
    detail: str | None


class ReviewOutcomesOut(Out):
    """One for each visit, in the order sent; a conflict of one does not touch the others."""

    items: list[ReviewOutcomeOut]


class CloseIn(In):
    reason: Why


class CompanionsIn(In):
    employee_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)]


class ProposalFilters(In):
    limit: Limit = 20
    cursor: Cursor | None = None


class PlaceProposalOut(Out):
    """WGS-84."""

    id: UUID
    visit_id: UUID
    customer: CustomerRefOut
    owner: EmployeeRefOut
    """Who proposed it."""
    lat: float
    lng: float
    accuracy_m: float
    status: Literal["proposed", "accepted", "declined"]
    created_at: AwareDatetime
    decided_at: AwareDatetime | None


class PlaceProposalsOut(Out):
    items: list[PlaceProposalOut]
    next_cursor: str | None


class ExactPositionOut(Out):
    """WGS-84, the most accurate fresh sample of the check-in."""

    lat: float
    lng: float
    accuracy_m: float
    crs: Literal["wgs84"]


class SampleOut(Out):
    """As the phone reported it."""

    stage: Literal["check_in", "check_out"]
    lat: float
    lng: float
    accuracy_m: float
    crs: Literal["wgs84", "gcj02"]
    fixed_at: AwareDatetime
    source: str


class PositionsOut(Out):
    position: ExactPositionOut | None
    """Null before check-in."""
    samples: list[SampleOut]
    coarse: bool
    """The time for which they are kept exactly is over; all are rounded to 0.01 degree."""

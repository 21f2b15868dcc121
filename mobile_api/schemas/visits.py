from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mobile_api.schemas.base import (
    NO_NUL,
    NOT_BLANK,
    Cursor,
    Day,
    In,
    Key,
    Limit,
    LongText,
    Out,
    PlaceIn,
    ShortText,
    When,
)
from mobile_api.schemas.directory import EmployeeRefOut
from mobile_api.schemas.visit_actions import VisitActionOut, VisitTemplateRefOut

VisitStatus = Literal["created", "open", "completed", "cancelled"]
Verdict = Literal["verified", "unverifiable", "out_of_range", "suspect"]
Decision = Literal["accepted", "rejected"]
ClosedBy = Literal["owner", "manager", "system"]
ReasonCode = Literal[
    "out_of_range",
    "wrong_datum",
    "coarse_accuracy",
    "identical_samples",
    "circle",
    "teleport",
    "impossible_speed",
    "stale_fix",
    "clock_skew",
    "photo_reused",
    "new_device",
    "customer_without_place",
    "sent_late",
]
Tag = Annotated[str, StringConstraints(max_length=32, pattern=NO_NUL)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NOT_BLANK)]
MAX_SAMPLES = 5


class CustomerRefOut(Out):
    id: UUID
    name: str


class VisitFilters(In):
    """Both days included; `status`, `customer` and `owner` may be combined."""

    status: VisitStatus | None = None
    customer: UUID | None = None
    owner: UUID | None = None
    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")
    limit: Limit = 20
    cursor: Cursor | None = None


class VisitIn(In):
    """Of a plan, or unplanned to a customer: one of the two."""

    id: UUID | None = None
    customer_id: UUID | None = None
    plan_id: UUID | None = None
    purpose: ShortText = ""


class CheckInIn(In):
    samples: Annotated[list[PlaceIn], Field(min_length=1, max_length=MAX_SAMPLES)]
    captured_at: When
    """The phone's clock at the tap; the server's decides."""
    sent_at: When | None = None
    """The phone's clock at sending, told anew with each attempt. By the difference a check-in that a dead network kept
    back is told from a clock that is off."""
    device_id: Key


class CheckOutIn(In):
    samples: Annotated[list[PlaceIn], Field(max_length=MAX_SAMPLES)] = []
    captured_at: When | None = None
    sent_at: When | None = None
    """Both as at check-in; left out, he leaves as this arrives."""


class CancelIn(In):
    reason: ShortText = ""


class SummaryIn(In):
    summary: LongText
    next_step: ShortText = ""
    next_on: Day | None = None


class PhotoIn(In):
    file_id: UUID
    tag: Tag = ""


class CommentIn(In):
    id: UUID | None = None
    text: Text


class ReviewIn(In):
    decision: Decision
    reason: ShortText = ""


class VisitItemOut(Out):
    id: UUID
    version: int
    status: VisitStatus
    customer: CustomerRefOut
    owner: EmployeeRefOut
    department_id: UUID
    plan_id: UUID | None
    purpose: str
    started_at: AwareDatetime
    checked_in_at: AwareDatetime | None
    checked_out_at: AwareDatetime | None
    closed_by: ClosedBy | None
    """Who checked out; null before. By a manager or by night where it was forgotten."""
    verdict: Verdict | None
    distance_m: float | None
    """From the customer at check-in; null where nobody knows where the customer is."""
    decision: Decision | None


class VisitsOut(Out):
    items: list[VisitItemOut]
    next_cursor: str | None


class ReasonOut(Out):
    """The measured value beside the limit it broke, in `unit`."""

    code: ReasonCode
    value: float | None
    limit: float | None
    unit: Literal["m", "m/s", "s", "bit"] | None


class VisitOut(VisitItemOut):
    reasons: list[ReasonOut]
    cancel_reason: str
    summary: str
    next_step: str
    next_on: date | None
    decision_reason: str
    decided_at: AwareDatetime | None


class CoarsePositionOut(Out):
    """WGS-84, rounded to 0.01 degree; exactly at `GET /visits/{id}/positions`."""

    lat: float
    lng: float
    accuracy_m: float
    crs: Literal["wgs84"]


class EvidenceOut(Out):
    captured_at: AwareDatetime
    skew_s: float
    kept_back_s: float
    """How long the phone kept the check-in back before it could be sent, by its own clock, and the check-out."""
    check_out_kept_back_s: float
    device_id: str
    position: CoarsePositionOut


class CompanionOut(Out):
    employee: EmployeeRefOut
    confirmed_at: AwareDatetime | None


class PhotoOut(Out):
    """A picture, or a voice note or short film."""

    file_id: UUID
    name: str
    type: str
    status: Literal["declared", "uploaded", "ready", "refused"]
    """Of the file; `GET /files/{id}` gives the picture."""
    tag: str
    created_at: AwareDatetime


class CommentOut(Out):
    id: UUID
    author: EmployeeRefOut
    text: str
    created_at: AwareDatetime


class LikesOut(Out):
    count: int
    mine: bool
    people: list[EmployeeRefOut]
    """The first fifty."""


class ReaderOut(Out):
    employee: EmployeeRefOut
    read_at: AwareDatetime


class ReadByOut(Out):
    count: int
    mine: bool
    people: list[ReaderOut]
    """The first fifty."""


class VisitScreenOut(VisitOut):
    decided_by: EmployeeRefOut | None
    evidence: EvidenceOut | None
    """Null before check-in."""
    companions: list[CompanionOut]
    photos: list[PhotoOut]
    comments: list[CommentOut]
    likes: LikesOut
    read_by: ReadByOut
    """Who has told with `POST /visits/{id}/read`, or shown by a comment, a like or a decision, that he has read it."""
    template: VisitTemplateRefOut | None
    """The one that was in force for the customer at check-in; null before, and where nothing is asked."""
    actions: list[VisitActionOut]
    missing_actions: list[str]
    """Of a visit that is over: required ones that it lacks."""


class VisitActionsOut(Out):
    """All actions, for an answer to one may change what is asked by others."""

    visit_id: UUID
    version: int
    status: VisitStatus
    actions: list[VisitActionOut]
    missing_actions: list[str]

"""What people read of visits that were made: the feed, who has read and likes them, the way of a day."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field

from mobile_api.schemas.base import Cursor, Day, In, Limit, Out, digits
from mobile_api.schemas.directory import EmployeeRefOut
from mobile_api.schemas.visits import CustomerRefOut, Decision, Verdict, VisitItemOut

Pixels = Annotated[int, Field(ge=320, le=1280), BeforeValidator(digits)]


class FeedFilters(In):
    """Both days included. `unread` leaves out one's own; it and `verdict` look thirty days back where `from` is not
    given. A department comes with everything below it."""

    owner: UUID | None = None
    department: UUID | None = None
    verdict: Verdict | None = None
    unread: bool = False
    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")
    limit: Limit = 20
    cursor: Cursor | None = None


class VisitsToExport(In):
    """As `GET /visits/feed` would list them, all of at most a year."""

    first: Day
    last: Day
    owner: UUID | None = None
    department: UUID | None = None
    verdict: Verdict | None = None


class VisitsExportIn(In):
    id: UUID | None = None
    filters: VisitsToExport


class ThumbnailOut(Out):
    file_id: UUID
    link: str | None
    """Works without a token for a quarter of an hour at least; null until the picture is ready."""


class CardOut(VisitItemOut):
    summary: str
    next_step: str
    next_on: date | None
    comments: int
    likes: int
    liked: bool
    """By me."""
    read: bool
    """By me; my own are."""
    actions: int
    """Of its template, answered."""
    photos: int
    """With voice notes and videos."""
    thumbnails: list[ThumbnailOut]
    """Of the first three pictures."""


class FeedOut(Out):
    items: list[CardOut]
    next_cursor: str | None


class LikingOut(Out):
    liked: bool
    """By me, as it stands now."""
    likes: int


class VisitsReadIn(In):
    visit_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class DayFilters(In):
    """Whose day, one's own unless somebody is named. `exact` asks for another's exact positions; that is recorded."""

    on: Day
    owner: UUID | None = None
    exact: bool = False


class DayRouteFilters(DayFilters):
    crs: Literal["wgs84", "gcj02"] = "wgs84"


class DayPictureFilters(DayFilters):
    width: Pixels = 720
    height: Pixels = 960


class StopOut(Out):
    """In the order of check-ins."""

    number: int
    visit_id: UUID
    plan_id: UUID | None
    customer: CustomerRefOut
    status: Literal["open", "completed"]
    verdict: Verdict
    decision: Decision | None
    checked_in_at: AwareDatetime
    checked_out_at: AwareDatetime | None
    minutes: int | None
    """From check-in to check-out; null where he has not checked out himself."""
    lat: float
    lng: float
    accuracy_m: float
    exact: bool
    """Otherwise rounded to 0.01 degree."""
    metres: float
    """From the stop before, as the crow flies, between the positions shown."""


class NotMadeOut(Out):
    """A plan of the day without a check-in, and where its customer is."""

    plan_id: UUID
    customer: CustomerRefOut
    starts_at: AwareDatetime | None
    lat: float | None
    lng: float | None


class DayRouteOut(Out):
    owner: EmployeeRefOut
    on: date
    crs: Literal["wgs84", "gcj02"]
    """Of all positions."""
    exact: bool
    """All of them are."""
    metres: float
    stops: list[StopOut]
    planned: list[NotMadeOut]


Position = Annotated[list[float], Field(min_length=2, max_length=2)]
"""Longitude, then latitude, as RFC 7946 wants it."""


class GeoPointOut(Out):
    type: Literal["Point"]
    coordinates: Position


class GeoLineOut(Out):
    type: Literal["LineString"]
    coordinates: Annotated[list[Position], Field(min_length=2)]


class WayPropertiesOut(Out):
    kind: Literal["way"]
    owner: EmployeeRefOut
    on: date
    metres: float
    exact: bool


class StopPropertiesOut(Out):
    kind: Literal["visit"]
    number: int
    visit_id: UUID
    customer: CustomerRefOut
    verdict: Verdict
    decision: Decision | None
    checked_in_at: AwareDatetime
    minutes: int | None
    accuracy_m: float
    exact: bool


class NotMadePropertiesOut(Out):
    kind: Literal["plan"]
    plan_id: UUID
    customer: CustomerRefOut
    starts_at: AwareDatetime | None


class MapFeatureOut(Out):
    """The way is there from two stops on; a plan whose customer has no place has no geometry."""

    type: Literal["Feature"]
    geometry: GeoPointOut | GeoLineOut | None
    properties: WayPropertiesOut | StopPropertiesOut | NotMadePropertiesOut


class MapFeaturesOut(Out):
    """RFC 7946: WGS-84."""

    type: Literal["FeatureCollection"]
    features: list[MapFeatureOut]

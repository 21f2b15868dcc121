"""The way a person went on one day, by his check-ins; one rule of who sees it how exactly, whatever its form."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.geo import distance_m
from backend.directory.models import Employee
from backend.directory.selectors import timezone_of
from backend.events import services as events
from backend.visits.errors import NotYourTeam
from backend.visits.known import known_customers
from backend.visits.models import Visit, VisitPlan
from backend.visits.reach import people_within_reach
from backend.visits.rules import Coarse, coarse
from backend.visits.rules.routes import Place
from backend.visits.selectors import bounds_of, terms
from backend.visits.selectors.planning import TooMuchAtOnce

MOST_STOPS = 200


@dataclass(frozen=True, slots=True)
class Stop:
    """A check-in; `metres` lie between what is shown of it and of the one before."""

    number: int
    visit: Visit
    spot: Coarse
    """WGS-84, as exactly as the reader may see it."""
    exact: bool
    metres: float


@dataclass(frozen=True, slots=True)
class Left:
    """What was planned and not made."""

    plan: VisitPlan
    place: Place | None
    """Of the customer; none where the reader does not see it."""


@dataclass(frozen=True, slots=True)
class DayRoute:
    owner: Employee
    on: date
    zone: ZoneInfo
    stops: list[Stop]
    planned: list[Left]
    """In order of time, those without one last."""

    @property
    def metres(self) -> float:
        return sum(stop.metres for stop in self.stops)

    @property
    def exact(self) -> bool:
        return all(stop.exact for stop in self.stops)

    @property
    def state(self) -> tuple[object, ...]:
        """Equal where everything that is shown is."""
        stops = ((stop.visit.pk, stop.visit.version, stop.visit.customer.name, stop.spot) for stop in self.stops)
        plans = ((left.plan.pk, left.plan.version, left.plan.customer.name, left.place) for left in self.planned)
        return self.owner.name, self.on, *stops, *plans


@transaction.atomic
def read_route(*, actor: Actor, owner_id: UUID | None = None, on: date, exact: bool = False, at: datetime) -> DayRoute:
    """One's own day exactly; somebody else's in cells, unless `exact` is asked for: then as `read_positions`, recorded
    for each visit as `visit.positions_read`.

    Raises NotFound for whose visits the actor does not see; with `exact`, Forbidden without `visit.positions` and
    NotYourTeam where he is in command of none of them. TooMuchAtOnce over MOST_STOPS.
    """
    actor.require("visit.read")
    person = owner_id or actor.person_id
    made = _made(actor, person, on)
    planned = _planned(actor, person, on)
    if len(made) > MOST_STOPS or len(planned) > MOST_STOPS:
        raise TooMuchAtOnce()
    owner = Employee.objects.filter(company_id=actor.company_id, pk=person).first()
    if owner is None or not (made or planned or people_within_reach(actor, [person])):
        raise NotFound()
    own = person == actor.employee_id
    shown = {visit.pk for visit in made} if own else set()
    if exact and not own:
        actor.require("visit.positions")
        commanded = [visit for visit in made if visit.in_command(actor)]
        if made and not commanded:
            raise NotYourTeam()
        events.record_many("visit.positions_read", ((visit, {}) for visit in commanded), actor=actor, at=at)
        shown = {visit.pk for visit in commanded}
    rounded = terms.policy_of(company_id=actor.company_id, at=at).coarse_until if shown else None
    zone = ZoneInfo(timezone_of(company_id=actor.company_id))
    exactly = {visit.pk for visit in made if visit.pk in shown and not (rounded and visit.started_at <= rounded)}
    return DayRoute(owner, on, zone, _stops(made, exactly), planned)


def _made(actor: Actor, person: UUID, on: date) -> list[Visit]:
    """In the order in which he came: a phone without a network may send a day in any other."""
    since, until = bounds_of(actor=actor, first=on, last=on)
    rows = Visit.objects.visible_to(actor).select_related("customer", "owner")
    rows = rows.filter(owner_id=person, started_at__gte=since, started_at__lt=until, checked_in_at__isnull=False)
    return sorted(rows.order_by("started_at", "id")[: MOST_STOPS + 1], key=lambda visit: (visit.came_at, visit.pk))


def _planned(actor: Actor, person: UUID, on: date) -> list[Left]:
    begun = Visit.objects.filter(plan=OuterRef("pk"), checked_in_at__isnull=False)
    rows = VisitPlan.objects.visible_to(actor).select_related("customer")
    rows = rows.filter(owner_id=person, planned_on=on, status=VisitPlan.Status.PLANNED).exclude(Exists(begun))
    plans = list(rows.order_by(F("starts_at").asc(nulls_last=True), "id")[: MOST_STOPS + 1])
    known = known_customers(actor, (plan.customer_id for plan in plans))
    return [Left(plan, plan.customer.place if plan.customer_id in known else None) for plan in plans]


def _stops(made: list[Visit], exactly: set[UUID]) -> list[Stop]:
    stops: list[Stop] = []
    for number, visit in enumerate(made, start=1):
        spot = Coarse(visit.lat or 0.0, visit.lng or 0.0, visit.accuracy_m or 0.0)
        if visit.pk not in exactly:
            spot = coarse(*spot)
        way = distance_m(*stops[-1].spot[:2], *spot[:2]) if stops else 0.0
        stops.append(Stop(number, visit, spot, visit.pk in exactly, way))
    return stops

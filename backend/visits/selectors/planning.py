"""A person's days and a team's: plans beside each other, what speaks against them, and the way between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.text import bilingual
from backend.visits.known import known_customers
from backend.visits.models import PlanSeries, PlanSubstitution, VisitCadence, VisitPlan
from backend.visits.rules.planning import PlanWarning, Slot, travel_time, warnings_about
from backend.visits.rules.routes import Place, Stop, best_order, legs_m

LONGEST_CALENDAR = timedelta(days=42)
"""Six weeks: a month as calendars print it."""
MOST_PLANS = 2000


class TooMuchAtOnce(Invalid):
    code = "too_much_at_once"
    message = bilingual("范围过大，请缩短时间或限定人员。", "Too much at once. Choose fewer days or one person.")


@dataclass(frozen=True, slots=True)
class Leg:
    """A stop of the suggested route and the way to it: metres as the crow flies, minutes by road."""

    plan: VisitPlan
    place: Place
    metres: float
    minutes: int


@dataclass(frozen=True, slots=True)
class Route:
    legs: list[Leg]
    without_place: list[VisitPlan]
    """Or of customers that the reader does not see."""

    @property
    def metres(self) -> float:
        return sum(leg.metres for leg in self.legs)


def get_plan(*, actor: Actor, plan_id: UUID) -> VisitPlan:
    """Raises NotFound, also for a hidden one."""
    actor.require("visit.read")
    plan: VisitPlan = VisitPlan.objects.select_related("customer", "owner").get_visible(actor, plan_id)
    return plan


def calendar(
    *, actor: Actor, first: date, last: date, owner_id: UUID | None = None, mine: bool = False
) -> list[VisitPlan]:
    """By day, person and time, cancelled ones left out. Raises TooMuchAtOnce over six weeks or MOST_PLANS plans."""
    actor.require("visit.read")
    if last < first or last - first > LONGEST_CALENDAR:
        raise TooMuchAtOnce()
    rows = _plans(actor).filter(planned_on__range=(first, last))
    if mine:
        rows = rows.filter(owner_id=actor.person_id)
    if owner_id:
        rows = rows.filter(owner_id=owner_id)
    found = list(
        rows.order_by("planned_on", "owner__name", "owner_id", F("starts_at").asc(nulls_last=True), "id")[
            : MOST_PLANS + 1
        ]
    )
    if len(found) > MOST_PLANS:
        raise TooMuchAtOnce()
    return found


def warnings_of(plans: Sequence[VisitPlan], *, actor: Actor) -> dict[UUID, list[PlanWarning]]:
    """By plan, what speaks against each beside its owner's other plans of the day that the actor sees; one query."""
    if not plans:
        return {}
    rows = _plans(actor).filter(
        owner_id__in={plan.owner_id for plan in plans}, planned_on__in={plan.planned_on for plan in plans}
    )
    beside: dict[UUID, list[Slot]] = {}
    for other in rows.order_by("pk"):
        beside.setdefault(other.owner_id, []).append(_slot(other))
    return {plan.pk: warnings_about(_slot(plan), beside.get(plan.owner_id, ())) for plan in plans}


def route_of(*, actor: Actor, day: date, owner_id: UUID | None = None, start: Place | None = None) -> Route:
    """In which order to drive what is planned on this day: the actor's own, or that of somebody whose plans he sees."""
    actor.require("visit.read")
    rows = _plans(actor).filter(owner_id=owner_id or actor.person_id, planned_on=day)
    plans = {plan.pk: plan for plan in rows.order_by(F("starts_at").asc(nulls_last=True), "id")}
    known = known_customers(actor, (plan.customer_id for plan in plans.values()))
    stops = [
        Stop(plan.pk, plan.customer.place, plan.starts_at)
        for plan in plans.values()
        if plan.customer_id in known and plan.customer.place is not None
    ]
    order = best_order(stops, start=start)
    places = [start, *(stop.place for stop in order)]
    legs = [
        Leg(
            plans[stop.id],
            stop.place,
            metres,
            round(travel_time(before, stop.place).total_seconds() / 60) if before else 0,
        )
        for stop, metres, before in zip(order, legs_m(order, start=start), places, strict=False)
    ]
    placed = {stop.id for stop in stops}
    return Route(legs, [plan for plan in plans.values() if plan.pk not in placed])


def list_series(*, actor: Actor, owner_id: UUID | None = None) -> QuerySet[PlanSeries]:
    """Newest first, those that have ended too."""
    actor.require("visit.read")
    rows: QuerySet[PlanSeries] = PlanSeries.objects.visible_to(actor).select_related("customer", "owner")
    if owner_id:
        rows = rows.filter(owner_id=owner_id)
    return rows.order_by("-created_at", "-id")


def list_substitutions(*, actor: Actor) -> QuerySet[PlanSubstitution]:
    """Newest first: those he arranged, is part of, or sees by his data scope."""
    actor.require("visit.read")
    rows: QuerySet[PlanSubstitution] = PlanSubstitution.objects.visible_to(actor)
    return rows.select_related("absent", "substitute", "owner").order_by("-created_at", "-id")


def get_substitution(*, actor: Actor, substitution_id: UUID) -> PlanSubstitution:
    """Raises NotFound, also for a hidden one."""
    actor.require("visit.read")
    rows = PlanSubstitution.objects.select_related("absent", "substitute", "owner")
    found: PlanSubstitution = rows.get_visible(actor, substitution_id)
    return found


def cadences(*, actor: Actor) -> dict[str, int]:
    """`{customer level: days}`."""
    actor.require("visit.read")
    rows = VisitCadence.objects.filter(company_id=actor.company_id).order_by("level")
    return dict(rows.values_list("level", "every_days"))


def _plans(actor: Actor) -> QuerySet[VisitPlan]:
    rows: QuerySet[VisitPlan] = VisitPlan.objects.visible_to(actor).select_related("customer", "owner")
    return rows.exclude(status=VisitPlan.Status.CANCELLED)


def _slot(plan: VisitPlan) -> Slot:
    return Slot(
        plan_id=plan.pk,
        customer_id=plan.customer_id,
        day=plan.planned_on,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        place=plan.customer.place,
    )

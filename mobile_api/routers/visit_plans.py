"""Plans of one's own and of one's team: single, many, recurring, taken over; calendar, route and who is due."""

from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Query, Router, Status

from backend.core import clock
from backend.core.errors import Invalid
from backend.core.geo import to_wgs84
from backend.core.text import bilingual
from backend.visits import selectors, services
from backend.visits.models import PlanSeries, PlanSubstitution, VisitPlan
from backend.visits.rules.planning import PlanWarning, Recurrence
from backend.visits.selectors import cadence, planning
from backend.visits.services import cadences, series, standing_in
from backend.visits.services import planning as plans
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.schemas.visit_plans import (
    CadencesIn,
    CadencesOut,
    CalendarFilters,
    CalendarOut,
    DueCountsOut,
    DueFilters,
    DueOut,
    PageFilters,
    PlanCancelIn,
    PlanFilters,
    PlanIn,
    PlannedManyOut,
    PlannedOut,
    PlanOut,
    PlanPatch,
    PlansIn,
    PlansOut,
    RouteFilters,
    RouteOut,
    SeriesIn,
    SeriesListOut,
    SeriesOut,
    SubstitutionIn,
    SubstitutionOut,
    SubstitutionsOut,
)

router = Router(tags=["visit plans"])


class HalfAPlace(Invalid):
    code = "half_a_place"
    message = bilingual("经度与纬度须同时给出。", "Give latitude and longitude together.")


@router.get("/visit-plans", response=PlansOut)
def list_plans(request: Request, query: Query[PlanFilters]) -> HttpResponseBase:
    rows = selectors.list_plans(
        actor=request.auth, first=query.first, last=query.last, owner_id=query.owner, mine=query.mine
    )
    return json_reply(request, paging.page(rows, by="created_at", limit=query.limit, cursor=query.cursor, show=_plan))


@router.post("/visit-plans", response={200: PlannedOut, 201: PlannedOut})
def plan_visit(request: Request, body: PlanIn) -> Status[dict[str, Any]]:
    """`warnings` say what speaks against it; it is made all the same."""
    plan, created = services.plan_visit(actor=request.auth, at=clock.now(), **body.model_dump())
    return Status(201 if created else 200, _planned(request, [plan])[0])


@router.post("/visit-plans/batch", response=PlannedManyOut)
def plan_many(request: Request, body: PlansIn) -> dict[str, Any]:
    """For people of one's team, all of them or none; with ids it may be sent again."""
    wishes = [plans.Wish(**item.model_dump()) for item in body.items]
    return {"items": _planned(request, plans.plan_many(actor=request.auth, wishes=wishes, at=clock.now()))}


@router.get("/visit-plans/calendar", response=CalendarOut)
def calendar(request: Request, query: Query[CalendarFilters]) -> HttpResponseBase:
    found = planning.calendar(
        actor=request.auth, first=query.first, last=query.last, owner_id=query.owner, mine=query.mine
    )
    days = []
    for day, of_day in groupby(_planned(request, found), key=lambda plan: plan["planned_on"]):
        people = groupby(of_day, key=lambda plan: plan["owner"])
        days.append({"day": day, "people": [{"owner": owner, "plans": list(own)} for owner, own in people]})
    return json_reply(request, {"days": days})


@router.get("/visit-plans/route", response=RouteOut)
def route(request: Request, query: Query[RouteFilters]) -> HttpResponseBase:
    """In which order to drive the day's plans; those with a time keep its order."""
    if (query.lat is None) != (query.lng is None):
        raise HalfAPlace()
    start = None if query.lat is None or query.lng is None else to_wgs84(query.lat, query.lng, query.crs)
    found = planning.route_of(actor=request.auth, day=query.day, owner_id=query.owner, start=start)
    legs = [
        {
            "plan": _plan(leg.plan),
            "lat": leg.place[0],
            "lng": leg.place[1],
            "metres": round(leg.metres, 1),
            "minutes": leg.minutes,
        }
        for leg in found.legs
    ]
    rest = [_plan(plan) for plan in found.without_place]
    return json_reply(request, {"legs": legs, "metres": round(found.metres, 1), "without_place": rest})


@router.get("/visit-plans/{plan_id}", response=PlannedOut)
def get_plan(request: Request, plan_id: UUID) -> HttpResponseBase:
    plan = planning.get_plan(actor=request.auth, plan_id=plan_id)
    return json_reply(request, _planned(request, [plan])[0])


@router.patch("/visit-plans/{plan_id}", response=PlannedOut)
def change_plan(request: Request, plan_id: UUID, body: PlanPatch) -> dict[str, Any]:
    given: Any = body.model_dump(exclude_unset=True, exclude={"version"})
    changes = {name: value for name, value in given.items() if value is not None or name in ("starts_at", "ends_at")}
    plan = plans.change_plan(
        actor=request.auth,
        plan_id=plan_id,
        version=body.version,
        changes=changes,  # type: ignore[arg-type]
        at=clock.now(),
    )
    return _planned(request, [plan])[0]


@router.post("/visit-plans/{plan_id}/cancel", response=PlanOut)
def cancel_plan(request: Request, plan_id: UUID, body: PlanCancelIn) -> dict[str, Any]:
    return _plan(plans.cancel_plan(actor=request.auth, plan_id=plan_id, at=clock.now(), **body.model_dump()))


@router.get("/visit-series", response=SeriesListOut)
def list_series(request: Request, query: Query[PageFilters]) -> HttpResponseBase:
    rows = planning.list_series(actor=request.auth)
    return json_reply(request, paging.page(rows, by="created_at", limit=query.limit, cursor=query.cursor, show=_series))


@router.post("/visit-series", response={200: SeriesOut, 201: SeriesOut})
def start_series(request: Request, body: SeriesIn) -> Status[dict[str, Any]]:
    """Its plans are made four weeks ahead."""
    told = body.model_dump()
    own = {name: told.pop(name) for name in ("id", "customer_id", "purpose")}
    terms = series.Terms(**told | {"kind": Recurrence(body.kind), "weekdays": tuple(body.weekdays)})
    started, created = series.start_series(actor=request.auth, terms=terms, at=clock.now(), **own)
    return Status(201 if created else 200, _series(started))


@router.post("/visit-series/{series_id}/end", response=SeriesOut)
def end_series(request: Request, series_id: UUID) -> dict[str, Any]:
    """Its plans from tomorrow on are cancelled."""
    return _series(series.end_series(actor=request.auth, series_id=series_id, at=clock.now()))


@router.get("/visit-substitutions", response=SubstitutionsOut)
def list_substitutions(request: Request, query: Query[PageFilters]) -> HttpResponseBase:
    rows = planning.list_substitutions(actor=request.auth)
    return json_reply(
        request, paging.page(rows, by="created_at", limit=query.limit, cursor=query.cursor, show=_substitution)
    )


@router.post("/visit-substitutions", response={200: SubstitutionOut, 201: SubstitutionOut})
def stand_in(request: Request, body: SubstitutionIn) -> Status[dict[str, Any]]:
    """The absent person's plans of these days go to the substitute."""
    arranged, created = standing_in.stand_in(actor=request.auth, at=clock.now(), **body.model_dump())
    return Status(201 if created else 200, _substitution(arranged))


@router.get("/visit-substitutions/{substitution_id}", response=SubstitutionOut)
def get_substitution(request: Request, substitution_id: UUID) -> dict[str, Any]:
    return _substitution(planning.get_substitution(actor=request.auth, substitution_id=substitution_id))


@router.get("/visits/due", response=DueOut)
def due(request: Request, query: Query[DueFilters]) -> HttpResponseBase:
    """Who is to be visited by the cadence of his level, longest due first."""
    rows = cadence.due_customers(
        actor=request.auth,
        at=clock.now(),
        state=cadence.DueState(query.state) if query.state else None,
        owner_id=query.owner,
        after=paging.decode(query.cursor) if query.cursor else None,
    )
    found = list(rows[: query.limit + 1])
    shown, more = found[: query.limit], len(found) > query.limit
    cursor = paging.encode(_due_at(shown[-1]), shown[-1].pk) if more else None
    return json_reply(request, {"items": [_due(customer) for customer in shown], "next_cursor": cursor})


@router.get("/visits/due/counts", response=DueCountsOut)
def due_counts(request: Request) -> HttpResponseBase:
    items = [
        {
            "owner": {"id": row.owner_id, "name": row.owner_name},
            "department_id": row.department_id,
            "department_name": row.department_name,
            **{state.value: getattr(row, state.value) for state in cadence.DueState},
        }
        for row in cadence.due_counts(actor=request.auth, at=clock.now())
    ]
    return json_reply(request, {"items": items})


@router.get("/visit-cadences", response=CadencesOut)
def get_cadences(request: Request) -> dict[str, Any]:
    return _cadences(planning.cadences(actor=request.auth))


@router.put("/visit-cadences", response=CadencesOut)
def put_cadences(request: Request, body: CadencesIn) -> dict[str, Any]:
    """All levels that are counted; of a level named twice the last counts."""
    wanted = {item.level: item.every_days for item in body.items}
    return _cadences(cadences.put_cadences(actor=request.auth, days_of_level=wanted, at=clock.now()))


def _cadences(days: dict[str, int]) -> dict[str, Any]:
    return {"items": [{"level": level, "every_days": count} for level, count in sorted(days.items())]}


def _planned(request: Request, found: list[VisitPlan]) -> list[dict[str, Any]]:
    warned = planning.warnings_of(found, actor=request.auth)
    return [_plan(plan) | {"warnings": [_warning(one) for one in warned[plan.pk]]} for plan in found]


def _warning(one: PlanWarning) -> dict[str, Any]:
    return {"code": one.code, "plan_id": one.other_id, "needed_min": one.needed_min, "free_min": one.free_min}


def _plan(plan: VisitPlan) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "version": plan.version,
        "status": plan.status,
        "customer": {"id": plan.customer_id, "name": plan.customer.name},
        "owner": {"id": plan.owner_id, "name": plan.owner.name},
        "planned_on": plan.planned_on,
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "purpose": plan.purpose,
        "series_id": plan.series_id,
        "assigned_by_id": plan.assigned_by_id,
        "substitute_for_id": plan.substitute_for_id,
        "cancel_reason": plan.cancel_reason,
    }


def _series(one: PlanSeries) -> dict[str, Any]:
    return {
        "id": one.pk,
        "version": one.version,
        "customer": {"id": one.customer_id, "name": one.customer.name},
        "owner": {"id": one.owner_id, "name": one.owner.name},
        "kind": one.kind,
        "weekdays": one.weekdays,
        "every_days": one.every_days,
        "first_on": one.first_on,
        "last_on": one.last_on,
        "starts": f"{one.starts:%H:%M}" if one.starts else None,
        "minutes": one.minutes,
        "purpose": one.purpose,
        "ended_at": one.ended_at,
    }


def _substitution(one: PlanSubstitution) -> dict[str, Any]:
    return {
        "id": one.pk,
        "version": one.version,
        "absent": {"id": one.absent_id, "name": one.absent.name},
        "substitute": {"id": one.substitute_id, "name": one.substitute.name},
        "arranged_by": {"id": one.owner_id, "name": one.owner.name},
        "first_on": one.first_on,
        "last_on": one.last_on,
        "reason": one.reason,
    }


def _due_at(customer: Any) -> datetime:
    return customer.due_at  # type: ignore[no-any-return]


def _due(customer: Any) -> dict[str, Any]:
    return {
        "customer": {"id": customer.pk, "name": customer.name},
        "owner": {"id": customer.owner_id, "name": customer.owner.name},
        "level": customer.level,
        "every_days": customer.every.days,
        "last_visit_at": customer.last_visit_at,
        "due_at": customer.due_at,
        "state": customer.state,
    }

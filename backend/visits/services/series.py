"""Visits that recur: their plans are made some weeks ahead, each once, and by the hour for the days that come up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q

from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.core.errors import Forbidden
from backend.core.transactions import commits_in_steps
from backend.customers.selectors import get_customer
from backend.directory.models import Company, Employee
from backend.directory.selectors import actor_for, timezone_of, today_of
from backend.documents.once import Identity, create_once
from backend.events import services as events
from backend.visits.errors import EndsTooEarly, WeekdaysMissing
from backend.visits.models import PlanSeries, PlanSubstitution, VisitPlan
from backend.visits.reach import not_begun, people_within_reach, show_customers
from backend.visits.rules.planning import Recurrence, days_of

AHEAD = timedelta(days=28)
"""Four weeks: what a calendar shows and a person plans around."""
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """When it recurs; `starts` is a time of day in the company's time zone."""

    kind: Recurrence
    first_on: date
    last_on: date | None = None
    weekdays: tuple[int, ...] = ()
    every_days: int = 1
    starts: time | None = None
    minutes: int | None = None

    def as_fields(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "first_on": self.first_on,
            "last_on": self.last_on,
            "weekdays": sorted(set(self.weekdays)),
            "every_days": self.every_days,
            "starts": self.starts,
            "minutes": self.minutes,
        }


@transaction.atomic
def start_series(
    *, actor: Actor, id: UUID | None = None, customer_id: UUID, terms: Terms, purpose: str = "", at: datetime
) -> tuple[PlanSeries, bool]:
    """The actor's own series and True, its plans of the next weeks made; sent again, the stored one and False.

    No plans are made for days that have passed. Raises IdReused, EndsTooEarly, WeekdaysMissing.
    """
    actor.require("visit.write")
    if terms.last_on is not None and terms.last_on < terms.first_on:
        raise EndsTooEarly()
    if terms.kind is Recurrence.WEEKDAYS and not terms.weekdays:
        raise WeekdaysMissing()
    content = {"customer_id": customer_id, "purpose": purpose, **terms.as_fields()}

    def create(identity: Identity) -> PlanSeries:
        customer = get_customer(actor=actor, customer_id=customer_id)
        series = PlanSeries.objects.create(**identity, **content | {"customer_id": customer.pk})
        events.record("plan_series.started", series, actor=actor, at=at, kind=series.kind)
        _extend(series, zone=ZoneInfo(timezone_of(company_id=actor.company_id)), at=at)
        return series

    return create_once(PlanSeries, id=id, actor=actor, content=content, create=create)


@transaction.atomic
def end_series(*, actor: Actor, series_id: UUID, at: datetime) -> PlanSeries:
    """Its plans from tomorrow on that have not been begun are cancelled. By its owner or who plans for him; twice is
    once."""
    series: PlanSeries = PlanSeries.objects.select_related("owner", "customer").get_visible(actor, series_id, lock=True)
    if series.owner_id == actor.employee_id:
        actor.require("visit.write")
    else:
        actor.require("visit.assign")
        if series.owner_id not in people_within_reach(actor, [series.owner_id]):
            raise Forbidden()
    if series.ended_at is not None:
        return series
    series.change(ended_at=at)
    today = today_of(company_id=series.company_id, at=at)
    coming = not_begun(VisitPlan.objects.filter(series=series, planned_on__gt=today))
    for plan in coming:
        plan.change(status=VisitPlan.Status.CANCELLED)
    events.record("plan_series.ended", series, actor=actor, at=at, cancelled=len(coming))
    return series


@commits_in_steps("a portion of series at a time: a company's hundreds must not wait for each other")
def extend_all(*, at: datetime) -> int:
    """Makes the plans that have come within reach, of every company; how many were made. May be run by two at once and
    again: each takes series that the other does not hold, and a day of a series has one plan."""
    made = 0
    for company in Company.objects.order_by("pk"):
        horizon = today_in(company.timezone, at) + AHEAD
        running = PlanSeries.objects.filter(company=company, ended_at=None, deleted_at=None, owner__is_active=True)
        behind = running.filter(Q(made_to=None) | Q(made_to__lt=horizon)).exclude(last_on__lte=F("made_to"))
        pending = list(behind.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pending), AT_ONCE):
            with transaction.atomic():
                held = behind.select_for_update(of=("self",), skip_locked=True).filter(
                    pk__in=pending[start : start + AT_ONCE]
                )
                for series in held.select_related("owner", "customer").order_by("pk"):
                    made += _extend(series, zone=ZoneInfo(company.timezone), at=at)
    return made


def _extend(series: PlanSeries, *, zone: ZoneInfo, at: datetime) -> int:
    """Up to the horizon, from where it was left. Where a colleague stands in, the plan is his."""
    today = today_in(zone.key, at)
    first, last = max(today, _after(series.made_to)), today + AHEAD
    days = list(days_of(series.pattern, first=first, last=last))
    standing_in = _substitutes(series.owner_id, days)
    plans = []
    for day in days:
        substitute = standing_in.get(day)
        maker = substitute or series.owner
        starts_at = datetime.combine(day, series.starts, zone).astimezone(UTC) if series.starts else None
        plans.append(
            VisitPlan(
                company_id=series.company_id,
                owner=maker,
                department_id=maker.department_id,
                customer=series.customer,
                series=series,
                substitute_for_id=series.owner_id if substitute else None,
                planned_on=day,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=series.minutes) if starts_at and series.minutes else None,
                purpose=series.purpose,
            )
        )
    VisitPlan.objects.bulk_create(plans, ignore_conflicts=True)
    if for_others := [plan for plan in plans if plan.substitute_for_id]:
        show_customers(for_others, seen_by=actor_for(series.owner), at=at)
    PlanSeries.objects.filter(pk=series.pk).update(made_to=last)
    return len(plans)


def _after(day: date | None) -> date:
    return day + timedelta(days=1) if day else date.min


def _substitutes(owner_id: UUID, days: Sequence[date]) -> dict[date, Employee]:
    if not days:
        return {}
    found = PlanSubstitution.objects.select_related("substitute").filter(
        absent_id=owner_id, last_on__gte=days[0], first_on__lte=days[-1], substitute__is_active=True, deleted_at=None
    )
    return {day: one.substitute for one in found.order_by("created_at") for day in days if one.covers(day)}

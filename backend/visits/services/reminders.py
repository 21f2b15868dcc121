"""Shortly before a plan begins its owner is told, once; and on the morning of the day he wrote for the next step."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, QuerySet, When

from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.core.transactions import commits_in_steps
from backend.directory.models import Company
from backend.events import services as events
from backend.visits.models import Visit, VisitPlan
from backend.visits.reach import show_to_who_follows, somebody_follows

BEFORE = timedelta(minutes=30)
MORNING = time(8)
"""In the company's time zone."""
MADE_UP_FOR = timedelta(days=7)
"""A reminder that nothing ran to give is given this long; an older one would be a reproach."""
AT_ONCE = 500


@commits_in_steps("each portion for itself, so that whoever was told stays told")
def remind(*, at: datetime) -> int:
    """Of the plans that begin within the next half hour and have no visit yet; how many. Two at once share them, and a
    plan whose time is changed is told of anew. What was missed while nothing ran is not told afterwards."""
    told = 0
    while batch := _remind_some(at):
        told += batch
    return told


@transaction.atomic
def _remind_some(at: datetime) -> int:
    begun = Visit.objects.filter(plan=OuterRef("pk")).exclude(status=Visit.Status.CANCELLED)
    due = (
        VisitPlan.objects.filter(
            status=VisitPlan.Status.PLANNED,
            reminded_at=None,
            starts_at__gt=at,
            starts_at__lte=at + BEFORE,
            deleted_at=None,
        )
        .exclude(Exists(begun))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("customer", "company")
        .order_by("starts_at", "pk")[:AT_ONCE]
    )
    plans = list(due)
    for plan in plans:
        minutes = int((plan.starts_at - at).total_seconds() // 60) if plan.starts_at else 0
        told = {"customer": plan.customer.name, "minutes": str(minutes)}
        events.record("visit_plan.due_soon", plan, actor=Actor.system(plan.company_id), at=at, **told)
    VisitPlan.objects.filter(pk__in=[plan.pk for plan in plans]).update(reminded_at=at)
    return len(plans)


@commits_in_steps("each portion for itself, so that whoever was told stays told")
def follow_up(*, at: datetime) -> int:
    """Of the visits whose next step is due today; how many were told of. Two at once share them.

    Who wrote it is told, or where he has left whoever is in charge of the customer now; while that is nobody, it waits.
    Nobody is told who has been there since, or has it in his plan from today on. A day written anew is told of anew.
    """
    told = 0
    for company in Company.objects.filter(pk__in=_due(at.date() + timedelta(days=1), at).values("company_id")):
        if at.astimezone(ZoneInfo(company.timezone)).time() >= MORNING:
            while batch := _follow_up_some(company, at):
                told += batch[1]
    return told


def _due(until: date, at: datetime) -> QuerySet[Visit]:
    first = at.date() - MADE_UP_FOR
    rows = Visit.objects.filter(next_on__range=(first, until), next_told_at=None, deleted_at=None)
    return rows.filter(somebody_follows()).exclude(status=Visit.Status.CANCELLED)


@transaction.atomic
def _follow_up_some(company: Company, at: datetime) -> tuple[int, int] | None:
    """How many were looked at and how many of them told of; None where none is left."""
    today = today_in(company.timezone, at)
    rows: Any = _due(today, at).filter(company=company).select_related("customer", "owner")
    visits = list(rows.select_for_update(of=("self",), skip_locked=True).order_by("next_on", "pk")[:AT_ONCE])
    if not visits:
        return None
    follower = Case(When(owner__is_active=True, then=F("owner_id")), default=F("customer__owner_id"))
    since = Visit.objects.filter(owner=OuterRef("follower"), customer=OuterRef("customer"), deleted_at=None)
    there = since.filter(checked_in_at__isnull=False, started_at__gt=OuterRef("started_at"))
    plans = VisitPlan.objects.filter(owner=OuterRef("follower"), customer=OuterRef("customer"), deleted_at=None)
    planned = plans.filter(status=VisitPlan.Status.PLANNED, planned_on__gte=today)
    ids = [visit.pk for visit in visits]
    open_ones = (
        Visit.objects.filter(pk__in=ids).alias(follower=follower).exclude(Exists(there)).exclude(Exists(planned))
    )
    waiting = set(open_ones.values_list("pk", flat=True))
    due = [visit for visit in visits if visit.pk in waiting]
    show_to_who_follows(due)
    facts = [(visit, {"customer": visit.customer.name, "text": visit.next_step}) for visit in due]
    events.record_many("visit.follow_up_due", facts, actor=Actor.system(company.pk), at=at)
    Visit.objects.filter(pk__in=ids).update(next_told_at=at)
    return len(visits), len(facts)

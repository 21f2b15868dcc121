"""The plain queries. What phones ask most often is in `hot`."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from backend.core.actor import Actor, Scope
from backend.directory.selectors import timezone_of
from backend.visits.models import PlaceProposal, Visit, VisitPlan


def list_visits(
    *,
    actor: Actor,
    status: str | None = None,
    customer_id: UUID | None = None,
    owner_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Visit]:
    """Newest first by `started_at`, from `since` to before `until`."""
    actor.require("visit.read")
    rows: QuerySet[Visit] = Visit.objects.visible_to(actor).select_related("customer", "owner")
    given = {
        "status": status,
        "customer_id": customer_id,
        "owner_id": owner_id,
        "started_at__gte": since,
        "started_at__lt": until,
    }
    rows = rows.filter(**{name: value for name, value in given.items() if value is not None})
    return rows.order_by("-started_at", "-id")


def get_visit(*, actor: Actor, visit_id: UUID) -> Visit:
    """Raises NotFound, also for a hidden one."""
    actor.require("visit.read")
    visit: Visit = Visit.objects.select_related("customer", "owner").get_visible(actor, visit_id)
    return visit


_WAITS = RawSQL(
    "visits_visit.decision = '' AND visits_visit.verdict IN ('unverifiable', 'out_of_range', 'suspect')",
    (),
    output_field=BooleanField(),
)
"""In the statement itself, for the small index `visit_waits_for_review`: a parameter would not match its condition."""


def list_waiting(*, actor: Actor) -> QuerySet[Visit]:
    """Doubtful check-ins that the actor may decide about and nobody has, newest first."""
    actor.require("visit.review")
    rows: QuerySet[Visit] = Visit.objects.visible_to(actor).select_related("customer", "owner")
    if actor.scope(Visit.resource) != Scope.COMPANY:
        within_reach = Q(department_id__in=actor.departments(Visit.resource))
        rows = rows.filter(within_reach | Q(owner__manager_id=actor.employee_id))
    return rows.filter(_WAITS).exclude(owner_id=actor.employee_id).order_by("-started_at", "-id")


def list_proposals(*, actor: Actor) -> QuerySet[PlaceProposal]:
    """Places that wait to be accepted for customers whom the actor sees, newest first."""
    actor.require("customer.read")
    rows = PlaceProposal.objects.visible_to(actor).select_related("customer", "owner")
    return rows.filter(status=PlaceProposal.Status.PROPOSED).order_by("-created_at", "-id")


def list_plans(
    *, actor: Actor, first: date, last: date, owner_id: UUID | None = None, mine: bool = False
) -> QuerySet[VisitPlan]:
    """Plans from the first to the last day, both included: those of the actor and, unless `mine`, of his team."""
    actor.require("visit.read")
    rows: QuerySet[VisitPlan] = VisitPlan.objects.visible_to(actor).select_related("customer", "owner")
    rows = rows.filter(planned_on__range=(first, last))
    if mine:
        rows = rows.filter(owner_id=actor.person_id)
    if owner_id:
        rows = rows.filter(owner_id=owner_id)
    return rows.order_by("-created_at", "-id")


def plans_on(*, actor: Actor, day: date) -> QuerySet[VisitPlan]:
    """The actor's own day that is still meant to happen or has: in order of time, those without one last."""
    rows: QuerySet[VisitPlan] = VisitPlan.objects.visible_to(actor).select_related("customer", "owner")
    return (
        rows.filter(owner_id=actor.person_id, planned_on=day)
        .exclude(status=VisitPlan.Status.CANCELLED)
        .order_by(F("starts_at").asc(nulls_last=True), "id")
    )


def open_visit(*, actor: Actor) -> Visit | None:
    """The one visit the actor has checked in to and not out of."""
    return (
        Visit.objects.visible_to(actor)
        .select_related("customer", "owner")
        .filter(owner_id=actor.person_id, status=Visit.Status.OPEN)
        .first()
    )


def bounds_of(*, actor: Actor, first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
    """The moments from which and before which these days last in the company's time zone."""
    if first is None and last is None:
        return None, None
    zone = ZoneInfo(timezone_of(company_id=actor.company_id))
    since = datetime.combine(first, time.min, zone).astimezone(UTC) if first else None
    until = datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC) if last else None
    return since, until

"""For whom somebody may plan, which plans are still to be planned with, and who does what a visit left to do."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.core.actor import Actor, Scope
from backend.customers.models import Customer
from backend.directory.models import Employee
from backend.documents import sharing
from backend.visits.models import Visit, VisitPlan

SHOWN_AFTERWARDS = timedelta(days=31)
"""How long who visits another's customer goes on seeing it after the planned day: for the summary and the claim."""
FARTHEST = timedelta(days=92)
"""A plan for a later day than this shows nothing for longer."""


def people_within_reach(actor: Actor, employee_ids: Iterable[UUID]) -> dict[UUID, Employee]:
    """Those of them for whom the actor may plan: himself, and who works where he sees visits."""
    people = Employee.objects.filter(company_id=actor.company_id, pk__in=employee_ids, is_active=True)
    if actor.scope("visit") != Scope.COMPANY:
        reach = set(actor.departments("visit"))
        people = people.filter(department_id__in=reach) | people.filter(pk=actor.person_id)
    return {person.pk: person for person in people}


def not_begun(plans: QuerySet[VisitPlan]) -> list[VisitPlan]:
    """Those of the planned ones without a visit, locked.

    The visits are looked up after the plans are held: whoever begins one holds its plan and changes nothing of it, so
    a condition in the query that waits for him would still be answered as of before.
    """
    waiting = plans.filter(status=VisitPlan.Status.PLANNED, deleted_at=None)
    held = list(waiting.select_for_update(of=("self",)).order_by("pk"))
    live = Visit.objects.filter(plan__in=held).exclude(status=Visit.Status.CANCELLED)
    begun = set(live.values_list("plan_id", flat=True))
    return [plan for plan in held if plan.pk not in begun]


def show_customers(plans: Iterable[VisitPlan], *, seen_by: Actor, at: datetime) -> None:
    """To those who shall visit the customer of somebody else, for as long as they need to see it; of those that
    `seen_by`, who has them go there, sees himself."""
    others = [plan for plan in plans if plan.customer.owner_id not in (None, plan.owner_id)]
    wanted = {plan.customer_id for plan in others}
    seen = (
        set(Customer.objects.visible_to(seen_by).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else ()
    )
    sharing.show(
        company_id=seen_by.company_id,
        kind=Customer._meta.label_lower,
        shown=[
            (plan.customer_id, plan.owner_id, min(_start_of(plan.planned_on), at + FARTHEST) + SHOWN_AFTERWARDS)
            for plan in others
            if plan.customer_id in seen
        ],
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def somebody_follows(visit: str = "") -> Q:
    """Whether anybody is there who may do what was left to do: who made the visit, or has its customer now."""
    return Q(**{f"{visit}owner__is_active": True}) | Q(**{f"{visit}customer__owner__is_active": True})


def show_to_who_follows(visits: Iterable[Visit]) -> None:
    """A visit of somebody who has left, to whoever is in charge of its customer now."""
    for visit in visits:
        if not visit.owner.is_active and visit.customer.owner_id:
            visit.show_to([visit.customer.owner_id])

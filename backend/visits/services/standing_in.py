"""A colleague takes over somebody's plans for some days."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.directory.models import Employee
from backend.directory.selectors import actor_for, today_of
from backend.documents.once import Identity, create_once
from backend.events import services as events
from backend.visits.errors import DaysPast, EndsTooEarly, SubstitutesHimself
from backend.visits.models import PlanSeries, PlanSubstitution, VisitPlan
from backend.visits.reach import not_begun, people_within_reach, show_customers


@transaction.atomic
def stand_in(
    *,
    actor: Actor,
    id: UUID | None = None,
    absent_id: UUID,
    substitute_id: UUID,
    first_on: date,
    last_on: date,
    reason: str = "",
    at: datetime,
) -> tuple[PlanSubstitution, bool]:
    """The substitution and True, the absent person's plans of these days that have no visit yet with the substitute;
    sent again, the stored one and False. What recurs in these days and is planned only then goes to him as well.

    Arranged by the absent person himself or by whoever plans for him, with any colleague. The absent one goes on seeing
    his plans; the substitute is shown the customers. Raises IdReused, DaysPast, EndsTooEarly, SubstitutesHimself,
    NotFound.
    """
    if last_on < first_on:
        raise EndsTooEarly()
    if absent_id == substitute_id:
        raise SubstitutesHimself()
    if last_on < today_of(company_id=actor.company_id, at=at):
        raise DaysPast()
    substitute = _may_arrange(actor, absent_id, substitute_id)
    content = {
        "absent_id": absent_id,
        "substitute_id": substitute_id,
        "first_on": first_on,
        "last_on": last_on,
        "reason": reason,
    }

    def create(identity: Identity) -> PlanSubstitution:
        list(
            PlanSeries.objects.select_for_update().filter(owner_id=absent_id).values_list("pk")
        )  # none grows meanwhile
        standing_in = PlanSubstitution.objects.create(**identity, **content)
        standing_in.show_to({absent_id, substitute_id} - {actor.employee_id})
        moved = _move(standing_in, substitute, at)
        told = {"name": substitute.name, "period": f"{first_on} – {last_on}", "count": str(moved), "reason": reason}
        events.record("plan_substitution.arranged", standing_in, actor=actor, at=at, **told)
        return standing_in

    return create_once(PlanSubstitution, id=id, actor=actor, content=content, create=create)


def _may_arrange(actor: Actor, absent_id: UUID, substitute_id: UUID) -> Employee:
    """The substitute. Raises Forbidden, and NotFound for people beyond his reach."""
    if absent_id == actor.employee_id:
        actor.require("visit.write")
    else:
        actor.require("visit.assign")
        if absent_id not in people_within_reach(actor, [absent_id]):
            raise NotFound()
    substitute = Employee.objects.filter(company_id=actor.company_id, pk=substitute_id, is_active=True).first()
    if substitute is None:
        raise NotFound()
    return substitute


def _move(standing_in: PlanSubstitution, substitute: Employee, at: datetime) -> int:
    days = (standing_in.first_on, standing_in.last_on)
    plans = VisitPlan.objects.filter(owner_id=standing_in.absent_id, planned_on__range=days).select_related("customer")
    moved = not_begun(plans)
    for plan in moved:
        plan.change(owner=substitute, department_id=substitute.department_id, substitute_for_id=standing_in.absent_id)
        plan.show_to([standing_in.absent_id])
    show_customers(moved, seen_by=actor_for(standing_in.absent), at=at)
    return len(moved)

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.customers.selectors import get_customer
from backend.documents.once import Identity, create_once
from backend.events import services as events
from backend.visits.errors import CustomerOrPlan, PlanUsed, VisitStarted
from backend.visits.models import Visit, VisitPlan
from backend.visits.own import own_visit
from backend.visits.plan_times import require_right_times


@transaction.atomic
def plan_visit(
    *,
    actor: Actor,
    id: UUID | None = None,
    customer_id: UUID,
    planned_on: date,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    purpose: str = "",
    at: datetime,
) -> tuple[VisitPlan, bool]:
    """The actor's new plan and True; sent again, the stored one and False. Raises IdReused, EndsTooEarly,
    StartsAnotherDay."""
    actor.require("visit.write")
    require_right_times(actor=actor, planned_on=planned_on, starts_at=starts_at, ends_at=ends_at)
    content = {
        "customer_id": customer_id,
        "planned_on": planned_on,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "purpose": purpose,
    }

    def create(identity: Identity) -> VisitPlan:
        customer = get_customer(actor=actor, customer_id=customer_id)
        plan = VisitPlan.objects.create(**identity, **content | {"customer_id": customer.pk})
        events.record("visit.planned", plan, actor=actor, at=at, planned_on=str(planned_on))
        return plan

    return create_once(VisitPlan, id=id, actor=actor, content=content, create=create)


@transaction.atomic
def create_visit(
    *,
    actor: Actor,
    id: UUID | None = None,
    customer_id: UUID | None = None,
    plan_id: UUID | None = None,
    purpose: str = "",
    at: datetime,
) -> tuple[Visit, bool]:
    """A visit of the actor's own plan, or an unplanned one to a customer he sees; sent again, the stored one and False.

    Raises IdReused, CustomerOrPlan; PlanUsed with the visit that the plan has already.
    """
    actor.require("visit.write")
    if (customer_id is None) == (plan_id is None):
        raise CustomerOrPlan()
    content = {"customer_id": customer_id, "plan_id": plan_id, "purpose": purpose}

    def create(identity: Identity) -> Visit:
        told: dict[str, Any] = dict(content)
        if plan_id is not None:
            plan = _unused_plan(actor, plan_id)
            told |= {"customer_id": plan.customer_id, "purpose": purpose or plan.purpose}
        elif customer_id is not None:
            told["customer_id"] = get_customer(actor=actor, customer_id=customer_id).pk
        visit = Visit.objects.create(**identity, **told, started_at=at)
        events.record("visit.created", visit, actor=actor, at=at, customer_id=str(visit.customer_id))
        return visit

    return create_once(Visit, id=id, actor=actor, content=content, create=create)


@transaction.atomic
def cancel_visit(*, actor: Actor, visit_id: UUID, reason: str = "", at: datetime) -> Visit:
    """Before check-in only; evidence is never withdrawn. The plan is free for another visit. Twice is once."""
    visit = own_visit(actor, visit_id)
    if visit.status == Visit.Status.CANCELLED:
        return visit
    if visit.status != Visit.Status.CREATED:
        raise VisitStarted()
    visit.change(status=Visit.Status.CANCELLED, cancel_reason=reason)
    events.record("visit.cancelled", visit, actor=actor, at=at, reason=reason)
    return visit


@transaction.atomic
def write_summary(
    *, actor: Actor, visit_id: UUID, summary: str, next_step: str = "", next_on: date | None = None, at: datetime
) -> Visit:
    """What came of it and what comes next; may be rewritten. Twice is once."""
    visit = own_visit(actor, visit_id)
    written = {"summary": summary, "next_step": next_step, "next_on": next_on}
    before = {name: getattr(visit, name) for name in written}
    if before != written:
        anew = {"next_told_at": None} if before["next_on"] != next_on else {}
        visit.change(**written, **anew)
        events.record("visit.summarised", visit, actor=actor, at=at, before=_plain(before), after=_plain(written))
    return visit


def _unused_plan(actor: Actor, plan_id: UUID) -> VisitPlan:
    """Locked, so that of two visits made at once only one gets it."""
    plan: VisitPlan = VisitPlan.objects.get_visible(actor, plan_id, lock=True)
    if plan.owner_id != actor.person_id:
        raise NotFound()
    taken = Visit.objects.filter(plan=plan).exclude(status=Visit.Status.CANCELLED).values_list("pk", flat=True).first()
    if taken is not None:
        raise PlanUsed(visit_id=taken)
    if plan.status != VisitPlan.Status.PLANNED:
        raise PlanUsed()
    return plan


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"next_on": str(fields["next_on"]) if fields["next_on"] else None}

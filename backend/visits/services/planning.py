"""Plans for oneself and for one's team: many at once, changed, cancelled."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.core.actor import Actor
from backend.core.errors import Forbidden, IdReused
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers.models import Customer
from backend.directory.models import Employee
from backend.directory.selectors import timezone_of
from backend.documents.once import fingerprint
from backend.events import services as events
from backend.visits.errors import PlanCancelled, PlansRefused, PlanUsed
from backend.visits.models import Visit, VisitPlan
from backend.visits.plan_times import require_right_times, wrong_times
from backend.visits.reach import people_within_reach, show_customers

NO_SUCH = bilingual("没有找到。", "Not found.")
TWICE = bilingual("同一编号出现两次。", "The same id comes twice.")
DETAILS = ("planned_on", "starts_at", "ends_at", "purpose")


@dataclass(frozen=True, slots=True)
class Wish:
    """One plan of a batch."""

    owner_id: UUID
    customer_id: UUID
    planned_on: date
    id: UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    purpose: str = ""


class PlanChanges(TypedDict, total=False):
    planned_on: date
    starts_at: datetime | None
    ends_at: datetime | None
    purpose: str


@transaction.atomic
def plan_many(*, actor: Actor, wishes: Sequence[Wish], at: datetime) -> list[VisitPlan]:
    """All of them or none, for people within the actor's reach, in the order given; sent again, the stored ones.

    Who does not see a customer that he is to visit is shown it. Raises PlansRefused with what is wrong with which row,
    IdReused.
    """
    actor.require("visit.assign")
    ids = [wish.id or new_id() for wish in wishes]
    if stored := _stored(actor, wishes, ids):
        return stored
    owners = people_within_reach(actor, {wish.owner_id for wish in wishes})
    seen = Customer.objects.visible_to(actor).filter(pk__in={wish.customer_id for wish in wishes})
    customers = {customer.pk: customer for customer in seen}
    _require_sound(wishes, owners, customers, timezone_of(company_id=actor.company_id))
    plans = [
        VisitPlan(
            id=pk,
            company_id=actor.company_id,
            owner=owners[wish.owner_id],
            department_id=owners[wish.owner_id].department_id,
            customer=customers[wish.customer_id],
            assigned_by_id=actor.employee_id,
            created_from=_stamp(wish),
            **{name: getattr(wish, name) for name in DETAILS},
        )
        for pk, wish in zip(ids, wishes, strict=True)
    ]
    try:
        with transaction.atomic():
            VisitPlan.objects.bulk_create(plans)
    except IntegrityError:  # the same batch at the same moment, or an id that stands for something else
        if stored := _stored(actor, wishes, ids):
            return stored
        raise
    show_customers(plans, seen_by=actor, at=at)
    events.record_many("visit.planned", ((plan, _told(plan)) for plan in plans), actor=actor, at=at)
    _tell_owners(actor, plans, at)
    return plans


@transaction.atomic
def change_plan(*, actor: Actor, plan_id: UUID, version: int, changes: PlanChanges, at: datetime) -> VisitPlan:
    """Its own person's, or that of whoever plans for him; the same twice is once.

    Raises PlanCancelled, PlanUsed once there is a visit, EndsTooEarly, StartsAnotherDay, VersionConflict.
    """
    plan = _held_plan(actor, plan_id)
    if plan.status == VisitPlan.Status.CANCELLED:
        raise PlanCancelled()
    before = {name: getattr(plan, name) for name in changes}
    if before == changes:
        return plan
    plan.require_version(version)
    _require_no_visit(plan)
    require_right_times(
        actor=actor,
        planned_on=changes.get("planned_on", plan.planned_on),
        starts_at=changes.get("starts_at", plan.starts_at),
        ends_at=changes.get("ends_at", plan.ends_at),
    )
    is_retimed = changes.get("starts_at", plan.starts_at) != plan.starts_at
    plan.change(**changes, **({"reminded_at": None} if is_retimed else {}))
    show_customers([plan], seen_by=actor, at=at)
    events.record("visit_plan.changed", plan, actor=actor, at=at, before=_plain(before), after=_plain(changes))
    return plan


@transaction.atomic
def cancel_plan(*, actor: Actor, plan_id: UUID, reason: str = "", at: datetime) -> VisitPlan:
    """Twice is once. Raises PlanUsed once there is a visit: that one is cancelled first."""
    plan = _held_plan(actor, plan_id)
    if plan.status == VisitPlan.Status.CANCELLED:
        return plan
    _require_no_visit(plan)
    plan.change(status=VisitPlan.Status.CANCELLED, cancel_reason=reason)
    told = {"customer": plan.customer.name, "period": str(plan.planned_on), "reason": reason}
    events.record("visit_plan.cancelled", plan, actor=actor, at=at, **told)
    return plan


def _require_sound(
    wishes: Sequence[Wish], owners: dict[UUID, Employee], customers: dict[UUID, Customer], timezone: str
) -> None:
    wrong = {}
    ids: set[UUID] = set()
    for number, wish in enumerate(wishes):
        if wish.owner_id not in owners:
            wrong[f"items.{number}.owner_id"] = NO_SUCH
        if wish.customer_id not in customers:
            wrong[f"items.{number}.customer_id"] = NO_SUCH
        error = wrong_times(
            planned_on=wish.planned_on, starts_at=wish.starts_at, ends_at=wish.ends_at, timezone=timezone
        )
        if error is not None:
            wrong[f"items.{number}.starts_at"] = error.message
        if wish.id in ids:
            wrong[f"items.{number}.id"] = TWICE
        if wish.id:
            ids.add(wish.id)
    if wrong:
        raise PlansRefused(fields=wrong)


def _stored(actor: Actor, wishes: Sequence[Wish], ids: Sequence[UUID]) -> list[VisitPlan]:
    """The plans of an earlier sending, or none. Raises IdReused where an id stands for something else."""
    found = VisitPlan.objects.select_related("owner", "customer").in_bulk([wish.id for wish in wishes if wish.id])
    if not found:
        return []
    for pk, wish in zip(ids, wishes, strict=True):
        plan = found.get(pk)
        if (
            plan is None
            or plan.company_id != actor.company_id
            or plan.assigned_by_id != actor.employee_id
            or bytes(plan.created_from or b"") != _stamp(wish)
        ):
            raise IdReused()
    return [found[pk] for pk in ids]


def _stamp(wish: Wish) -> bytes:
    return fingerprint({name: value for name, value in asdict(wish).items() if name != "id"})


def _tell_owners(actor: Actor, plans: Sequence[VisitPlan], at: datetime) -> None:
    """One message a person, however many plans: its subject is the first of them."""
    by_owner: dict[UUID, list[VisitPlan]] = {}
    for plan in sorted(plans, key=lambda plan: plan.planned_on):
        by_owner.setdefault(plan.owner_id, []).append(plan)
    for own in by_owner.values():
        first, last = own[0].planned_on, own[-1].planned_on
        period = str(first) if first == last else f"{first} – {last}"
        events.record(
            "visit_plans.assigned",
            own[0],
            actor=actor,
            at=at,
            count=str(len(own)),
            period=period,
            customer=own[0].customer.name,
        )


def _held_plan(actor: Actor, plan_id: UUID) -> VisitPlan:
    """Locked. Raises NotFound; Forbidden for one that he sees and neither makes nor plans for others."""
    plan: VisitPlan = VisitPlan.objects.select_related("owner", "customer").get_visible(actor, plan_id, lock=True)
    if plan.owner_id == actor.employee_id:
        actor.require("visit.write")
    else:
        actor.require("visit.assign")
        if plan.owner_id not in people_within_reach(actor, [plan.owner_id]):
            raise Forbidden()
    return plan


def _require_no_visit(plan: VisitPlan) -> None:
    visit = Visit.objects.filter(plan=plan).exclude(status=Visit.Status.CANCELLED).values_list("pk", flat=True).first()
    if visit is not None:
        raise PlanUsed(visit_id=visit)


def _told(plan: VisitPlan) -> dict[str, Any]:
    return {"planned_on": str(plan.planned_on), "assigned_by": str(plan.assigned_by_id)}


def _plain(fields: Any) -> dict[str, Any]:
    return {name: None if value is None else str(value) for name, value in fields.items()}

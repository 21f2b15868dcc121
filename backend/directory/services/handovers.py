"""Handovers (工作移交): one transaction, under the company's lock, with everybody concerned locked in sorted order.

What the leaver is writing at that very moment either comes first, and is moved as he left it, or finds that the thing
is no longer his. What he creates meanwhile stays his: another handover takes it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from backend.core.actor import Actor
from backend.core.errors import IdReused
from backend.core.ids import new_id
from backend.directory import holdings
from backend.directory.handing_over import Group, Plan, check_people, get_handover, grouped
from backend.directory.holdings import Case
from backend.directory.models import Employee
from backend.directory.models.handovers import Handover, HandoverItem
from backend.directory.services.delegations import lock_company
from backend.directory.standing_in import NotInChargeOf, arranges_for
from backend.events import services as events

Outcome = HandoverItem.Outcome
AT_ONCE = 1000


@transaction.atomic
def hand_over(
    *,
    actor: Actor,
    id: UUID | None = None,
    leaver_id: UUID,
    successor_id: UUID,
    by_kind: Mapping[str, UUID] | None = None,
    by_customer: Mapping[UUID, UUID] | None = None,
    kinds: Sequence[str] = (),
    reason: str = "",
    at: datetime,
) -> tuple[Handover, bool]:
    """Move what the leaver holds, see `Plan` for who gets what: the handover and True; sent again, the stored one and
    False. What a successor cannot take is listed with the reason and stays.

    Raises IdReused, NotFound, Forbidden, NotInChargeOf, HasLeft, ToHimself, UnknownHolding.
    """
    actor.require("handover.manage")
    plan = Plan(leaver_id, successor_id, by_kind or {}, by_customer or {}, kinds)
    company, moving = lock_company(actor=actor), plan.holdings
    if id is not None and (stored := Handover.objects.filter(pk=id).first()):
        mine = stored.company_id == company.pk and stored.created_by_id == actor.employee_id
        if not mine or (stored.plan, stored.reason) != (plan.as_json(), reason):
            raise IdReused()
        return get_handover(actor=actor, handover_id=stored.pk), False
    reports = list(Employee.objects.filter(manager_id=leaver_id).values_list("pk", flat=True))
    people = check_people(actor, plan, lock=reports)
    handover = Handover.objects.create(
        id=id or new_id(),
        company=company,
        leaver=people[leaver_id],
        successor=people[successor_id],
        plan=plan.as_json(),
        reason=reason,
        created_by_id=actor.employee_id,
        created_at=at,
    )
    case = Case(actor, handover.pk, people[leaver_id], at)
    for holding in moving:
        rows = holdings.locked(holding, case.leaver, at)
        _note(handover, case, grouped(plan, holding, rows, people))
    handover.save(update_fields=["counts", "successor_ids"])
    _tell("handover.made", handover, people, actor=actor, at=at)
    return get_handover(actor=actor, handover_id=handover.pk), True


@transaction.atomic
def undo(*, actor: Actor, handover_id: UUID, at: datetime) -> Handover:
    """What still is where the handover put it goes back; the rest is listed with the reason. Twice is once.

    Raises NotFound, Forbidden, NotInChargeOf.
    """
    actor.require("handover.manage")
    lock_company(actor=actor)
    handover = get_handover(actor=actor, handover_id=handover_id)
    if not arranges_for(actor=actor, employee=handover.leaver):
        raise NotInChargeOf()
    if handover.undone_at is not None:
        return handover
    people = _locked_for(handover)
    case = Case(actor, handover.pk, people[handover.leaver_id], at)
    for holding in holdings.registered():
        items = list(handover.items.filter(kind=holding.key, outcome=Outcome.MOVED).order_by("pk"))
        if items:
            _note_return(items, holding.put_back(case=case, items=items))
    handover.undone_at, handover.undone_by_id = at, actor.employee_id
    handover.save(update_fields=["undone_at", "undone_by"])
    _tell("handover.undone", handover, people, actor=actor, at=at)
    return handover


def _note(handover: Handover, case: Case, group: Group) -> None:
    """Move what can be moved, and write down each thing."""
    key, moved_count = group.holding.key, 0
    items = []

    def item(row_id: object, label: str, successor: Employee, **more: object) -> HandoverItem:
        return HandoverItem(
            company_id=handover.company_id,
            handover=handover,
            kind=key,
            row_id=str(row_id),
            label=label[:255],
            successor=successor,
            created_at=case.at,
            **more,
        )

    for part in group.parts:
        able = [row for row in part.rows if row.pk not in part.obstacles]
        moved = group.holding.move(case=case, rows=able, successor=part.successor) if able else []
        items += [
            item(each.row_id, each.label, part.successor, before=each.before, after=each.after, outcome=Outcome.MOVED)
            for each in moved
        ]
        items += [
            item(row.pk, group.holding.label(row), part.successor, outcome=Outcome.KEPT, why=part.obstacles[row.pk])
            for row in part.rows
            if row.pk in part.obstacles
        ]
        moved_count += len(moved)
        if moved and part.successor.pk not in handover.successor_ids:
            handover.successor_ids.append(part.successor.pk)
    HandoverItem.objects.bulk_create(items, batch_size=AT_ONCE)
    if moved_count:
        handover.counts[key] = moved_count


def _note_return(items: Sequence[HandoverItem], stay: Mapping[int, HandoverItem.Why]) -> None:
    back = [item.pk for item in items if item.pk not in stay]
    HandoverItem.objects.filter(pk__in=back).update(outcome=Outcome.PUT_BACK)
    for why in set(stay.values()):
        pks = [pk for pk, reason in stay.items() if reason == why]
        HandoverItem.objects.filter(pk__in=pks).update(outcome=Outcome.NOT_PUT_BACK, why=why)


def _locked_for(handover: Handover) -> dict[UUID, Employee]:
    """The leaver, the successors and whoever was given another manager, in sorted order."""
    reports = handover.items.filter(kind="reports").values_list("row_id", flat=True)
    wanted = {handover.leaver_id, handover.successor_id, *handover.successor_ids, *map(UUID, reports)}
    rows = Employee.objects.filter(pk__in=wanted, company_id=handover.company_id)
    return {person.pk: person for person in rows.select_for_update(no_key=True).order_by("pk")}


def _tell(name: str, handover: Handover, people: Mapping[UUID, Employee], *, actor: Actor, at: datetime) -> None:
    successors = [people[pk].name for pk in handover.successor_ids]
    counts = dict(handover.items.values_list("outcome").annotate(n=Count("pk")).order_by("outcome"))
    events.record(
        name,
        handover,
        actor=actor,
        at=at,
        before={"holder_id": str(handover.leaver_id)},
        after={"plan": handover.plan, "outcomes": counts},
        owner=handover.leaver.name,
        name="、".join(successors),
        counts=handover.counts,
    )

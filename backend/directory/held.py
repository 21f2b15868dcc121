"""What people hold of the directory itself: who reports to them, the departments they lead, for whom they stand in."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from backend.core.text import bilingual
from backend.directory.holdings import Case, Holding, Moved, Why
from backend.directory.models import Delegation, Department, Employee
from backend.directory.models.handovers import HandoverItem
from backend.directory.standing_in import conflict_of, superiors_of
from backend.events import services as events


def reports_of(leaver: Employee, at: datetime) -> QuerySet[Employee]:
    return Employee.objects.filter(company_id=leaver.company_id, manager_id=leaver.pk, is_active=True)


def _move_reports(*, case: Case, rows: Sequence[Employee], successor: Employee) -> list[Moved]:
    """Whoever succeeds his own superior takes that one's place in the line, or it would close to a circle."""
    managers: dict[UUID, UUID | None] = {row.pk: successor.pk for row in rows}
    if case.leaver.pk in superiors_of(employee_id=successor.pk):
        managers[successor.pk] = case.leaver.manager_id
    people = {person.pk: person for person in Employee.objects.filter(pk__in=managers)}
    moved = [
        Moved(pk, person.name, _line(person.manager_id), _line(managers[pk]))
        for pk, person in sorted(people.items(), key=lambda pair: pair[0])
    ]
    for pk, manager_id in managers.items():
        _put_below(pk, manager_id)
    _tell_reports(case, ((people[each.row_id], each.before, each.after) for each in moved))
    return moved


def _put_reports_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
    people = {str(person.pk): person for person in Employee.objects.filter(pk__in=[item.row_id for item in items])}
    stay: dict[int, Why] = {}
    told = []
    for item in sorted(items, key=lambda item: item.row_id == str(item.successor_id)):  # who took his place comes last
        person = people[item.row_id]
        if _line(person.manager_id) != item.after:
            stay[item.pk] = Why.MOVED_ON
            continue
        manager_id = item.before["manager_id"]
        if manager_id is not None and person.pk in superiors_of(employee_id=UUID(manager_id)):
            stay[item.pk] = Why.CIRCULAR
            continue
        _put_below(person.pk, manager_id)
        told.append((person, item.after, item.before))
    _tell_reports(case, told)
    return stay


def _put_below(employee_id: UUID, manager_id: UUID | str | None) -> None:
    """With a new version: what somebody is editing at that moment was read before."""
    Employee.objects.filter(pk=employee_id).update(manager_id=manager_id, version=F("version") + 1)


def _tell_reports(case: Case, changes: Iterable[tuple[Employee, Any, Any]]) -> None:
    facts = (
        (person, {"before": before, "after": after, "handover_id": str(case.handover_id)})
        for person, before, after in changes
    )
    events.record_many("employee.changed", facts, actor=case.actor, at=case.at)


def _line(manager_id: UUID | None) -> dict[str, str | None]:
    return {"manager_id": str(manager_id) if manager_id else None}


def _led(leader: Employee, at: datetime) -> QuerySet[Department]:
    return Department.objects.filter(company_id=leader.company_id, leader_id=leader.pk, dissolved_at=None)


def _move_departments(*, case: Case, rows: Sequence[Department], successor: Employee) -> list[Moved]:
    moved = [Moved(row.pk, row.name, _head(row.leader_id), _head(successor.pk)) for row in rows]
    _give_leader(case, rows, successor.pk)
    return moved


def _put_departments_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
    ids = [item.row_id for item in items]
    found = {str(row.pk): row for row in Department.objects.filter(pk__in=ids).select_for_update().order_by("pk")}
    stay = {
        item.pk: Why.CLOSED if found[item.row_id].dissolved_at else Why.MOVED_ON
        for item in items
        if _head(found[item.row_id].leader_id) != item.after
    }
    _give_leader(case, [found[item.row_id] for item in items if item.pk not in stay], case.leaver.pk)
    return stay


def _give_leader(case: Case, rows: Sequence[Department], leader_id: UUID) -> None:
    Department.objects.filter(pk__in=[row.pk for row in rows]).update(leader_id=leader_id, version=F("version") + 1)
    facts = (
        (row, {"before": _head(row.leader_id), "after": _head(leader_id), "handover_id": str(case.handover_id)})
        for row in rows
    )
    events.record_many("department.changed", facts, actor=case.actor, at=case.at)


def _head(leader_id: UUID | None) -> dict[str, str]:
    """As `services.departments` tells it."""
    return {"leader": str(leader_id or "")}


def _delegations(delegate: Employee, at: datetime) -> QuerySet[Delegation]:
    rows = Delegation.objects.filter(company_id=delegate.company_id, delegate_id=delegate.pk)
    return rows.filter(ended_at=None, ends_at__gt=at).select_related("giver", "delegate")


def _delegation_obstacles(*, rows: Sequence[Delegation], successor: Employee) -> dict[Any, Why]:
    found: dict[Any, Why] = {}
    for row in rows:
        if row.giver_id == successor.pk:
            found[row.pk] = Why.OWN_DELEGATION
        elif _conflicts(row, successor.pk):
            found[row.pk] = Why.DELEGATION_CONFLICT
    return found


def _conflicts(row: Delegation, delegate_id: UUID) -> bool:
    wanted = Delegation.objects.get(pk=row.pk)
    wanted.delegate_id = delegate_id
    return conflict_of(wanted) is not None


def _move_delegations(*, case: Case, rows: Sequence[Delegation], successor: Employee) -> list[Moved]:
    return [_redirect(case, row, successor, "delegation.handed_over") for row in rows]


def _put_delegations_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
    ids = [item.row_id for item in items]
    rows = Delegation.objects.filter(pk__in=ids).select_related("giver", "delegate").select_for_update(of=("self",))
    found = {str(row.pk): row for row in rows.order_by("pk")}
    stay: dict[int, Why] = {}
    for item in items:
        row = found[item.row_id]
        if row.ended_at is not None or row.ends_at <= case.at:
            stay[item.pk] = Why.CLOSED
        elif str(row.delegate_id) != item.after["delegate_id"]:
            stay[item.pk] = Why.MOVED_ON
        elif _conflicts(row, case.leaver.pk):
            stay[item.pk] = Why.DELEGATION_CONFLICT
        else:
            _redirect(case, row, case.leaver, "delegation.handed_back")
    return stay


def _redirect(case: Case, row: Delegation, to: Employee, event: str) -> Moved:
    before, after = {"delegate_id": str(row.delegate_id)}, {"delegate_id": str(to.pk)}
    row.delegate = to
    row.save(update_fields=["delegate"])
    events.record(
        event,
        row,
        actor=case.actor,
        at=case.at,
        before=before,
        after=after,
        handover_id=str(case.handover_id),
        owner=row.giver.name,
        name=to.name,
        period=str(row),
    )
    return Moved(row.pk, f"{row.giver.name} {row}", before, after)


REPORTS = Holding(
    key="reports",
    name=bilingual("下属", "People who report to him"),
    order=100,
    rows=reports_of,
    move=_move_reports,
    put_back=_put_reports_back,
)
DEPARTMENTS = Holding(
    key="departments",
    name=bilingual("负责的部门", "Departments he leads"),
    order=110,
    rows=_led,
    move=_move_departments,
    put_back=_put_departments_back,
)
DELEGATIONS = Holding(
    key="delegations",
    name=bilingual("代他人审批的委托", "Delegations to him"),
    order=120,
    rows=_delegations,
    move=_move_delegations,
    put_back=_put_delegations_back,
    label=lambda row: f"{row.giver.name} {row}",
    obstacles=_delegation_obstacles,
)

"""The same writes as in `people`, for thousands of rows at once: a fixed number of statements, an event for each row.

For imports and the directory sync, which have compared everything before. They run for a company (`Actor.system`) or
for whoever may manage its directory, and leave the same trail as one write would. What concerns a whole company (no
circles, nobody granted too much, an administrator left) is checked here once more, with the company held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Model

from backend.core.actor import Actor
from backend.directory.guards import (
    administrators,
    hold_company,
    require_administrators_left,
    require_power_to_grant,
)
from backend.directory.models import Department, Employee, Role, RoleAssignment
from backend.directory.records import RIGHTS, CircularReporting
from backend.directory.rules import in_circles, search_keys
from backend.directory.services import rights
from backend.directory.services.departments import CircularDepartments
from backend.events import services as events

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewDepartment:
    id: UUID
    code: str
    name: str
    parent_id: UUID | None
    leader_id: UUID | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class NewEmployee:
    id: UUID
    number: str
    name: str
    department_id: UUID
    manager_id: UUID | None
    role_codes: tuple[str, ...]
    phone: str = ""
    email: str = ""


@transaction.atomic
def create_departments(*, actor: Actor, rows: Sequence[NewDepartment], at: datetime) -> None:
    """In any order; superiors and leaders may come later in the same transaction. Raises CircularDepartments."""
    actor.require("directory.manage")
    hold_company(actor)
    made = [
        Department(
            id=row.id,
            company_id=actor.company_id,
            code=row.code,
            name=row.name,
            parent_id=row.parent_id,
            leader_id=row.leader_id,
            position=row.position,
        )
        for row in rows
    ]
    Department.objects.bulk_create(made, batch_size=AT_ONCE)
    _require_a_tree(actor, {row.id for row in rows})
    told = [
        (row, {"before": {}, "after": {"code": row.code, "name": row.name, "parent": str(row.parent_id or "")}})
        for row in made
    ]
    events.record_many("department.created", told, actor=actor, at=at)


@transaction.atomic
def change_departments(*, actor: Actor, changes: Mapping[UUID, Mapping[str, Any]], at: datetime) -> None:
    """`{department id: {field: value}}`; what does not differ is left. A null `dissolved_at` brings one back.

    A department that moves changes what the people above it may see: everybody's rights are read anew. Raises
    CircularDepartments.
    """
    actor.require("directory.manage")
    hold_company(actor)
    found = Department.objects.select_for_update().filter(company_id=actor.company_id, pk__in=changes).order_by("pk")
    rows = _changed(found, changes)
    _save(Department, rows)
    moved = {row.pk for row, before, _ in rows if "parent_id" in before}
    _require_a_tree(actor, moved)
    revived: list[tuple[Model, dict[str, Any]]] = [(row, {}) for row, before, _ in rows if "dissolved_at" in before]
    events.record_many("department.revived", revived, actor=actor, at=at)
    told = [
        (row, {"before": kept_before, "after": kept_after})
        for row, before, after in rows
        if (kept_before := _text(before)) != (kept_after := _text(after))
    ]
    events.record_many("department.changed", told, actor=actor, at=at)
    if moved:
        people = Employee.objects.filter(company_id=actor.company_id, is_active=True)
        rights.forget_rights_of(actor=actor, employee_ids=people.values_list("pk", flat=True), at=at)


@transaction.atomic
def hire(*, actor: Actor, rows: Sequence[NewEmployee], at: datetime) -> None:
    """With their roles and no password: they come in by another door. Managers may be in the same call; a role that
    the company does not have is not given. Raises GrantsTooMuch, CircularReporting."""
    actor.require("directory.manage")
    company = hold_company(actor)
    roles = {role.code: role for role in Role.objects.filter(company=company)}
    given = {row.id: sorted(set(row.role_codes) & roles.keys()) for row in rows}
    require_power_to_grant(actor, [roles[code] for code in set().union(*given.values())])
    unusable = make_password(None)
    made = [
        Employee(
            id=row.id,
            company=company,
            number=row.number,
            login=f"{company.code}/{row.number}".lower(),
            name=row.name,
            department_id=row.department_id,
            manager_id=row.manager_id,
            phone=row.phone,
            email=row.email,
            password=unusable,
        )
        for row in rows
    ]
    for person in made:
        person.search_text, person.grams = search_keys(name=person.name, number=person.number)
    Employee.objects.bulk_create(made, batch_size=AT_ONCE)
    _require_a_line(actor, {row.id for row in rows if row.manager_id})
    RoleAssignment.objects.bulk_create(
        [RoleAssignment(company=company, employee_id=pk, role=roles[code]) for pk in given for code in given[pk]],
        batch_size=AT_ONCE,
    )
    hired = [(person, {"before": {}, "after": {"number": person.number, "name": person.name}}) for person in made]
    events.record_many("employee.hired", hired, actor=actor, at=at)
    told = [
        (person, {"before": {"roles": []}, "after": {"roles": given[person.pk]}}) for person in made if given[person.pk]
    ]
    events.record_many("employee.roles_changed", told, actor=actor, at=at)


@transaction.atomic
def change_employees(*, actor: Actor, changes: Mapping[UUID, Mapping[str, Any]], at: datetime) -> None:
    """`{employee id: {field: value}}`; what does not differ is left. Raises GrantsTooMuch, CircularReporting."""
    actor.require("directory.manage")
    hold_company(actor)
    found = Employee.objects.select_for_update().filter(company_id=actor.company_id, pk__in=changes).order_by("pk")
    rows = _changed(found, changes)
    _require_power_over(actor, [person.pk for person, _, _ in rows])
    for person, before, _ in rows:
        if "name" in before:
            person.search_text, person.grams = search_keys(name=person.name, number=person.number)
    _save(Employee, rows, also=("search_text", "grams"))
    _require_a_line(actor, {person.pk for person, before, _ in rows if "manager_id" in before})
    told = [(person, {"before": _text(before), "after": _text(after)}) for person, before, after in rows]
    events.record_many("employee.changed", told, actor=actor, at=at)
    reaching = [person.pk for person, before, _ in rows if RIGHTS & before.keys()]
    rights.forget_rights_of(actor=actor, employee_ids=reaching, at=at)


@transaction.atomic
def assign_roles(*, actor: Actor, wanted: Mapping[UUID, Iterable[str]], at: datetime) -> None:
    """`{employee id: all the role codes he is to have}`, of roles that the company has.

    Raises GrantsTooMuch, LocksYouOut, LastAdministrator.
    """
    actor.require("directory.manage")
    hold_company(actor)
    chiefs = administrators(actor.company_id)
    roles = {role.code: role for role in Role.objects.filter(company_id=actor.company_id)}
    people = Employee.objects.select_for_update(of=("self",)).filter(company_id=actor.company_id, pk__in=wanted)
    lost, won, told = [], [], []
    for person in people.prefetch_related("role_assignments__role").order_by("pk"):
        held = {assignment.role.code: assignment for assignment in person.role_assignments.all()}
        after = set(wanted[person.pk]) & roles.keys()
        if held.keys() == after:
            continue
        lost += [held[code] for code in held.keys() - after]
        won += [
            RoleAssignment(company_id=actor.company_id, employee=person, role=roles[code])
            for code in after - held.keys()
        ]
        person.version += 1
        told.append((person, {"before": {"roles": sorted(held)}, "after": {"roles": sorted(after)}}))
    _require_power_over(actor, [person.pk for person, _ in told])
    require_power_to_grant(actor, {assignment.role for assignment in (*lost, *won)})
    RoleAssignment.objects.filter(pk__in=[assignment.pk for assignment in lost]).delete()
    RoleAssignment.objects.bulk_create(won, batch_size=AT_ONCE)
    Employee.objects.bulk_update([person for person, _ in told], ["version"], batch_size=AT_ONCE)
    require_administrators_left(actor, chiefs)
    events.record_many("employee.roles_changed", told, actor=actor, at=at)
    rights.forget_rights_of(actor=actor, employee_ids=[person.pk for person, _ in told], at=at)


def _changed(
    found: Iterable[Any], changes: Mapping[UUID, Mapping[str, Any]]
) -> list[tuple[Any, dict[str, Any], dict[str, Any]]]:
    """Rows that differ, changed in memory, with what differs before and after."""
    rows = []
    for row in found:
        after = {name: value for name, value in changes[row.pk].items() if getattr(row, name) != value}
        if after:
            before = {name: getattr(row, name) for name in after}
            for name, value in after.items():
                setattr(row, name, value)
            row.version += 1
            rows.append((row, before, after))
    return rows


def _save(
    model: type[Model], rows: Sequence[tuple[Any, dict[str, Any], dict[str, Any]]], *, also: Iterable[str] = ()
) -> None:
    fields = {name.removesuffix("_id") for _, before, _ in rows for name in before}
    if rows:
        named = fields | {"version"} | (set(also) if "name" in fields else set())
        model._default_manager.bulk_update([row for row, _, _ in rows], sorted(named), batch_size=AT_ONCE)


def _text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """As the audit trail keeps it: ids as text under the name of what they point to."""
    return {
        name.removesuffix("_id"): value if isinstance(value, int) else str(value or "")
        for name, value in fields.items()
        if name != "dissolved_at"
    }


def _require_a_tree(actor: Actor, placed: set[UUID]) -> None:
    parents = dict(Department.objects.filter(company_id=actor.company_id).values_list("pk", "parent_id"))
    if placed and in_circles(parents, placed):
        raise CircularDepartments()


def _require_a_line(actor: Actor, placed: set[UUID]) -> None:
    managers = dict(Employee.objects.filter(company_id=actor.company_id).values_list("pk", "manager_id"))
    if placed and in_circles(managers, placed):
        raise CircularReporting()


def _require_power_over(actor: Actor, employee_ids: Iterable[UUID]) -> None:
    others = [pk for pk in employee_ids if pk != actor.employee_id]
    if others and not actor.is_system:
        require_power_to_grant(actor, Role.objects.filter(assignments__employee__in=others).distinct())

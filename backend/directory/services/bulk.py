"""The same writes as in `people`, for thousands of rows at once: a fixed number of statements, an event for each row.

For imports and the directory sync, which have compared everything before. They run for a company (`Actor.system`) or
for whoever may manage its directory, and leave the same trail as one write would.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from backend.core.actor import Actor
from backend.directory.models import Company, Department, Employee, Revocation, Role, RoleAssignment
from backend.directory.rules import search_keys
from backend.events import services as events

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewDepartment:
    id: UUID
    code: str
    name: str
    parent_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewEmployee:
    id: UUID
    number: str
    name: str
    department_id: UUID
    manager_id: UUID | None
    role_code: str
    phone: str = ""
    email: str = ""


@transaction.atomic
def create_departments(*, actor: Actor, rows: Sequence[NewDepartment]) -> None:
    """Superiors first, or at least in the same call."""
    actor.require("directory.manage")
    made = [
        Department(id=row.id, company_id=actor.company_id, code=row.code, name=row.name, parent_id=row.parent_id)
        for row in rows
    ]
    Department.objects.bulk_create(made, batch_size=AT_ONCE)
    told = [(row, {"name": row.name, "parent": str(row.parent_id or "")}) for row in made]
    events.record_many("department.created", told, actor=actor)


@transaction.atomic
def change_departments(*, actor: Actor, changes: Mapping[UUID, Mapping[str, Any]], at: datetime) -> None:
    """`{department id: {"name": …, "parent_id": …}}`; the caller sees to it that no circle arises.

    A department that moves changes what the people above it may see: everybody's rights are read anew.
    """
    actor.require("directory.manage")
    rows = list(
        Department.objects.select_for_update().filter(company_id=actor.company_id, pk__in=changes).order_by("pk")
    )
    told, moved = [], False
    for row in rows:
        before = {"name": row.name, "parent": str(row.parent_id or "")}
        for name, value in changes[row.pk].items():
            setattr(row, name, value)
        after = {"name": row.name, "parent": str(row.parent_id or "")}
        moved = moved or before["parent"] != after["parent"]
        told.append((row, {"before": before, "after": after}))
    Department.objects.bulk_update(rows, ["name", "parent"], batch_size=AT_ONCE)
    events.record_many("department.changed", told, actor=actor, at=at)
    if moved:
        people = Employee.objects.filter(company_id=actor.company_id, is_active=True)
        forget_rights_of(actor=actor, employee_ids=list(people.values_list("pk", flat=True)), at=at)


@transaction.atomic
def hire(*, actor: Actor, rows: Sequence[NewEmployee], at: datetime) -> None:
    """With a role each and no password: they come in by another door. Managers may be in the same call."""
    actor.require("directory.manage")
    company = Company.objects.get(pk=actor.company_id)
    roles = {role.code: role for role in Role.objects.filter(company=company)}
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
    assigned = [
        RoleAssignment(company=company, employee_id=row.id, role=roles[row.role_code])
        for row in rows
        if row.role_code in roles
    ]
    RoleAssignment.objects.bulk_create(assigned, batch_size=AT_ONCE)
    hired = [(person, {"number": person.number, "name": person.name}) for person in made]
    events.record_many("employee.hired", hired, actor=actor, at=at)
    given = [(person, {"before": [], "after": [row.role_code]}) for person, row in zip(made, rows, strict=True)]
    events.record_many("employee.roles_changed", given, actor=actor, at=at)


@transaction.atomic
def change_employees(*, actor: Actor, changes: Mapping[UUID, Mapping[str, Any]], at: datetime) -> None:
    """`{employee id: {field: value}}`; the caller sees to it that no circle arises. What does not differ is left."""
    actor.require("directory.manage")
    found = Employee.objects.select_for_update().filter(company_id=actor.company_id, pk__in=changes).order_by("pk")
    rows, told, fields = [], [], set()
    for person in found:
        differing = {name: value for name, value in changes[person.pk].items() if getattr(person, name) != value}
        if not differing:
            continue
        before = {name: str(getattr(person, name) or "") for name in differing}
        for name, value in differing.items():
            setattr(person, name, value)
        after = {name: str(value or "") for name, value in differing.items()}
        rows.append(person)
        fields |= {name.removesuffix("_id") for name in differing}
        if "name" in differing:
            person.search_text, person.grams = search_keys(name=person.name, number=person.number)
            fields |= {"search_text", "grams"}
        told.append((person, {"before": before, "after": after}))
    if rows:
        Employee.objects.bulk_update(rows, sorted(fields), batch_size=AT_ONCE)
        events.record_many("employee.changed", told, actor=actor, at=at)
        forget_rights_of(actor=actor, employee_ids=[person.pk for person in rows], at=at)


@transaction.atomic
def forget_rights_of(*, actor: Actor, employee_ids: Sequence[UUID], at: datetime) -> None:
    """As `sessions.forget_rights`, for many."""
    forgotten = [Revocation(company_id=actor.company_id, employee_id=pk, at=at) for pk in employee_ids]
    Revocation.objects.bulk_create(forgotten, batch_size=AT_ONCE)

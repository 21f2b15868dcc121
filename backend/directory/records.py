"""How one employee's record is changed: named fields, event with before and after, rights read anew. For services."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.text import bilingual
from backend.directory.guards import (
    administrators,
    require_administrators_left,
    require_power_over,
    require_power_to_grant,
)
from backend.directory.models import Department, Employee, Role, RoleAssignment
from backend.directory.rules import search_keys
from backend.directory.services import rights
from backend.events import services as events


class CircularReporting(Conflict):
    code = "circular_reporting"
    message = bilingual("上下级关系不能成环。", "A reporting line may not form a circle.")


class DepartmentGone(Conflict):
    code = "department_gone"
    message = bilingual("该部门已撤销，不能分配员工。", "This department is dissolved; nobody can be put into it.")


class UnknownRole(Invalid):
    code = "unknown_role"
    message = bilingual("没有这个角色。", "There is no such role.")


RIGHTS = frozenset({"department_id"})
"""Fields on which somebody's reach depends."""


def locked(actor: Actor, employee_id: UUID) -> Employee:
    """Raises NotFound, also for another company's."""
    employee = Employee.objects.select_for_update().filter(pk=employee_id, company_id=actor.company_id).first()
    if employee is None:
        raise NotFound()
    return employee


def check_home(actor: Actor, department_id: UUID) -> None:
    department = Department.objects.filter(pk=department_id, company_id=actor.company_id).first()
    if department is None:
        raise NotFound(field="department_id")
    if department.dissolved_at is not None:
        raise DepartmentGone()


def check_reporting_line(actor: Actor, number: str, manager_id: UUID) -> None:
    """Raises NotFound for a manager of elsewhere, CircularReporting where this number stands above him."""
    seen: set[UUID] = set()
    above: UUID | None = manager_id
    while above is not None:
        manager = Employee.objects.filter(pk=above, company_id=actor.company_id).first()
        if manager is None:
            raise NotFound(field="manager_id")
        if manager.number == number or above in seen:
            raise CircularReporting()
        seen.add(above)
        above = manager.manager_id


def roles_named(actor: Actor, codes: Iterable[str]) -> list[Role]:
    """Raises UnknownRole."""
    wanted = sorted(set(codes))
    roles = list(Role.objects.filter(company_id=actor.company_id, code__in=wanted))
    if missing := sorted(set(wanted) - {role.code for role in roles}):
        raise UnknownRole(fields={"roles": ", ".join(missing)})
    return roles


def as_text(fields: Mapping[str, Any]) -> dict[str, str]:
    """As the audit trail keeps it: ids as text under the name of what they point to."""
    return {field.removesuffix("_id"): str(value or "") for field, value in fields.items()}


def change(employee: Employee, fields: Mapping[str, Any], *, actor: Actor, at: datetime) -> bool:
    """Save what differs; whether anything did. The caller holds the row and has checked the values."""
    changed = {name: value for name, value in fields.items() if getattr(employee, name) != value}
    if not changed:
        return False
    before = {name: getattr(employee, name) for name in changed}
    for name, value in changed.items():
        setattr(employee, name, value)
    employee.version += 1
    saved = [*(name.removesuffix("_id") for name in changed), "version"]
    if "name" in changed:
        employee.search_text, employee.grams = search_keys(name=employee.name, number=employee.number)
        saved += ["search_text", "grams"]
    employee.save(update_fields=saved)
    told = {"before": as_text(before), "after": as_text(changed)}
    events.record("employee.changed", employee, actor=actor, at=at, **told)
    if RIGHTS & changed.keys():
        rights.forget_rights_of(actor=actor, employee_ids=[employee.pk], at=at)
    return True


def assign(employee: Employee, roles: Collection[Role], *, actor: Actor, at: datetime) -> bool:
    """Give him exactly these roles; whether anything changed. The caller holds the company.

    Raises GrantsTooMuch for a role given or taken that holds more than the actor does, LocksYouOut, LastAdministrator.
    """
    held = {assignment.role_id: assignment.role for assignment in employee.role_assignments.select_related("role")}
    wanted = {role.pk: role for role in roles}
    if held.keys() == wanted.keys():
        return False
    require_power_to_grant(actor, [(held | wanted)[pk] for pk in held.keys() ^ wanted.keys()])
    require_power_over(actor, employee)
    chiefs = administrators(actor.company_id)
    RoleAssignment.objects.filter(employee=employee).exclude(role_id__in=wanted).delete()
    RoleAssignment.objects.bulk_create(
        RoleAssignment(company_id=employee.company_id, employee=employee, role=role)
        for pk, role in wanted.items()
        if pk not in held
    )
    require_administrators_left(actor, chiefs)
    before, after = (sorted(role.code for role in some.values()) for some in (held, wanted))
    told = {"before": {"roles": before}, "after": {"roles": after}}
    events.record("employee.roles_changed", employee, actor=actor, at=at, **told)
    rights.forget_rights_of(actor=actor, employee_ids=[employee.pk], at=at)
    return True

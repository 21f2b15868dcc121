"""The tree of departments. A department keeps its id through every change, so rights and documents follow it."""

from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, NotFound, VersionConflict
from backend.core.text import bilingual
from backend.directory.guards import hold_company
from backend.directory.models import Department, Employee
from backend.directory.selectors import above
from backend.directory.services import rights
from backend.events import services as events


class CircularDepartments(Conflict):
    code = "circular_departments"
    message = bilingual("部门不能移到自己的下级。", "A department may not move below itself.")


class DepartmentCodeTaken(Conflict):
    code = "department_code_taken"
    message = bilingual("该部门编码已被使用。", "Another department has this code.")


class DepartmentNotEmpty(Conflict):
    code = "department_not_empty"
    message = bilingual(
        "部门下还有员工或下级部门，不能撤销。", "The department still has people or departments below it."
    )


class DepartmentDissolved(Conflict):
    code = "department_dissolved"
    message = bilingual("该部门已撤销。", "This department has been dissolved.")


class DepartmentChanges(TypedDict, total=False):
    """An absent key leaves the field as it is."""

    name: str
    parent_id: UUID | None
    leader_id: UUID | None
    position: int


@transaction.atomic
def create_department(
    *,
    actor: Actor,
    code: str,
    name: str,
    parent_id: UUID | None = None,
    leader_id: UUID | None = None,
    position: int = 0,
    at: datetime,
) -> tuple[Department, bool]:
    """The new department and True; sent again, the stored one and False. The code of a dissolved one may return, and
    brings that department back.

    Raises NotFound for a parent or leader of elsewhere, DepartmentCodeTaken.
    """
    actor.require("directory.manage")
    hold_company(actor)
    wanted: DepartmentChanges = {"name": name, "parent_id": parent_id, "leader_id": leader_id, "position": position}
    known = Department.objects.select_for_update().filter(company_id=actor.company_id, code=code).first()
    if known is not None and known.dissolved_at is None:
        if any(getattr(known, field) != value for field, value in wanted.items()):
            raise DepartmentCodeTaken()
        return known, False
    if known is not None:
        known.dissolved_at, known.version = None, known.version + 1
        known.save(update_fields=["dissolved_at", "version"])
        events.record("department.revived", known, actor=actor, at=at)
        _apply(actor, known, wanted, at)
        return known, True
    _check(actor, None, wanted)
    department = Department.objects.create(company_id=actor.company_id, code=code, **wanted)
    after = {"code": code, **_text(wanted)}
    events.record("department.created", department, actor=actor, at=at, before={}, after=after)
    if parent_id is not None:
        rights.forget_subtrees_of(actor=actor, department_ids=above(parent_id), at=at)
    return department, True


@transaction.atomic
def change_department(
    *, actor: Actor, department_id: UUID, version: int | None = None, changes: DepartmentChanges, at: datetime
) -> Department:
    """Rename, move, give a leader or another place among its siblings. Without a version whatever is there is changed.

    Of two opposite moves at once the second is refused. Whoever sees the tree above the old or the new place has his
    rights read anew. Raises NotFound, VersionConflict, CircularDepartments, DepartmentDissolved.
    """
    actor.require("directory.manage")
    hold_company(actor)
    department = _locked(actor, department_id)
    if version is not None and version != department.version:
        raise VersionConflict(current_version=department.version)
    if department.dissolved_at is not None:
        raise DepartmentDissolved()
    _apply(actor, department, changes, at)
    return department


@transaction.atomic
def dissolve_department(*, actor: Actor, department_id: UUID, at: datetime) -> Department:
    """Only an empty one. Twice is once. Raises NotFound, DepartmentNotEmpty."""
    actor.require("directory.manage")
    hold_company(actor)
    department = _locked(actor, department_id)
    if department.dissolved_at is not None:
        return department
    people = Employee.objects.filter(department=department, is_active=True).count()
    below = Department.objects.filter(parent=department, dissolved_at=None).count()
    if people or below:
        raise DepartmentNotEmpty(employees=people, departments=below)
    department.dissolved_at, department.leader, department.version = at, None, department.version + 1
    department.save(update_fields=["dissolved_at", "leader", "version"])
    before, after = {"dissolved_at": ""}, {"dissolved_at": at.isoformat()}
    events.record("department.dissolved", department, actor=actor, at=at, before=before, after=after)
    return department


def _locked(actor: Actor, department_id: UUID) -> Department:
    department = Department.objects.select_for_update().filter(pk=department_id, company_id=actor.company_id).first()
    if department is None:
        raise NotFound()
    return department


def _check(actor: Actor, department: Department | None, changes: DepartmentChanges) -> None:
    leader_id, parent_id = changes.get("leader_id"), changes.get("parent_id")
    if leader_id is not None:
        staff = Employee.objects.filter(company_id=actor.company_id, is_active=True)
        if not staff.filter(pk=leader_id).exists():
            raise NotFound(field="leader_id")
    if parent_id is None:
        return
    parent = Department.objects.filter(pk=parent_id, company_id=actor.company_id).first()
    if parent is None:
        raise NotFound(field="parent_id")
    if parent.dissolved_at is not None:
        raise DepartmentDissolved()
    if department is not None and department.pk in above(parent_id):
        raise CircularDepartments()


def _apply(actor: Actor, department: Department, changes: DepartmentChanges, at: datetime) -> None:
    changed: dict[str, Any] = {field: value for field, value in changes.items() if getattr(department, field) != value}
    if not changed:
        return
    # A parent or leader that stays is not judged again: he may have left since.
    _check(actor, department, cast(DepartmentChanges, changed))
    before, was_below = {field: getattr(department, field) for field in changed}, department.parent_id
    for field, value in changed.items():
        setattr(department, field, value)
    department.version += 1
    department.save(update_fields=[*(field.removesuffix("_id") for field in changed), "version"])
    told = {"before": _text(before), "after": _text(changed)}
    events.record("department.changed", department, actor=actor, at=at, **told)
    if "parent_id" in changed:
        ends = [end for end in (was_below, department.parent_id) if end is not None]
        lines = {department_id for end in ends for department_id in above(end)}
        rights.forget_subtrees_of(actor=actor, department_ids=lines, at=at)


def _text(fields: Any) -> dict[str, Any]:
    """As the audit trail keeps it: ids as text under the name of what they point to."""
    return {
        field.removesuffix("_id"): value if isinstance(value, int) else str(value or "")
        for field, value in fields.items()
    }

"""Roles: what their holders may do, how far and how much of it they see."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor, Scope
from backend.core.errors import Conflict, Invalid, NotFound, VersionConflict
from backend.core.text import bilingual
from backend.directory import records
from backend.directory.guards import administrators, hold_company, require_administrators_left
from backend.directory.models import Employee, Role
from backend.directory.roles import ADMINISTRATION, CAPABILITIES, FIELDS, RESOURCES
from backend.directory.services import rights
from backend.events import services as events


class RoleInUse(Conflict):
    code = "role_in_use"
    message = bilingual("仍有员工持有该角色，不能删除。", "People still hold this role; it cannot be removed.")


@transaction.atomic
def put_role(
    *,
    actor: Actor,
    code: str,
    name: str,
    capabilities: Iterable[str],
    scopes: Mapping[str, str],
    fields: Iterable[str] | None = None,
    is_staff: bool | None = None,
    version: int | None = None,
    at: datetime,
) -> Role:
    """Create or change a role; everybody who holds it has the new rights from now on. Twice is once.

    None leaves the fields and the way into the admin site as they are. A version of 0 asks for a new role; None takes
    whatever is there. Raises Invalid, VersionConflict, LocksYouOut, LastAdministrator.
    """
    actor.require(ADMINISTRATION)
    _check(capabilities, scopes, fields or ())
    hold_company(actor)
    role = Role.objects.select_for_update().filter(company_id=actor.company_id, code=code).first()
    created = role is None
    role = role or Role(company_id=actor.company_id, code=code, name=name, version=0)
    before = {} if created else _rights(role)
    after: dict[str, Any] = {
        "name": name,
        "capabilities": sorted(set(capabilities)),
        "scopes": dict(scopes),
        "fields": role.fields if fields is None else sorted(set(fields)),
        "is_staff": role.is_staff if is_staff is None else is_staff,
    }
    if before == after:
        return role
    if version is not None and version != role.version:
        raise VersionConflict(current_version=role.version)
    chiefs = administrators(actor.company_id)
    for field, value in after.items():
        setattr(role, field, value)
    role.version += 1
    role.save()
    require_administrators_left(actor, chiefs)
    name_of_event = "role.created" if created else "role.changed"
    events.record(name_of_event, role, actor=actor, at=at, before=before, after=after)
    holders = role.assignments.values_list("employee_id", flat=True)
    rights.forget_rights_of(actor=actor, employee_ids=holders, at=at)
    return role


@transaction.atomic
def remove_role(*, actor: Actor, code: str, at: datetime) -> None:
    """One that nobody holds. Raises NotFound, RoleInUse."""
    actor.require(ADMINISTRATION)
    hold_company(actor)
    role = Role.objects.select_for_update().filter(company_id=actor.company_id, code=code).first()
    if role is None:
        raise NotFound()
    if role.assignments.exists():
        raise RoleInUse()
    events.record("role.removed", role, actor=actor, at=at, before={"code": code, **_rights(role)}, after={})
    role.delete()


@transaction.atomic
def assign_roles(*, actor: Actor, employee_id: UUID, role_codes: Iterable[str], at: datetime) -> Employee:
    """Give an employee exactly these roles, from now on. Twice is once.

    Raises NotFound, UnknownRole, GrantsTooMuch, LocksYouOut, LastAdministrator.
    """
    actor.require("directory.manage")
    hold_company(actor)
    employee = records.locked(actor, employee_id)
    if records.assign(employee, records.roles_named(actor, role_codes), actor=actor, at=at):
        employee.version += 1
        employee.save(update_fields=["version"])
    return employee


def _check(capabilities: Iterable[str], scopes: Mapping[str, str], fields: Iterable[str]) -> None:
    unknown = {
        "capabilities": set(capabilities) - set(CAPABILITIES),
        "scopes": set(scopes) - set(RESOURCES) | set(scopes.values()) - set(Scope),
        "fields": set(fields) - set(FIELDS),
    }
    if any(unknown.values()):
        raise Invalid(fields={field: ", ".join(sorted(names)) for field, names in unknown.items() if names})


def _rights(role: Role) -> dict[str, Any]:
    return {
        "name": role.name,
        "capabilities": sorted(role.capabilities),
        "scopes": role.scopes,
        "fields": sorted(role.fields),
        "is_staff": role.is_staff,
    }

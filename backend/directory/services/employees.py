"""Hiring, changing and rehiring one person; what a person may change of himself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, VersionConflict
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory import records
from backend.directory.guards import hold_company, require_power_over
from backend.directory.models import Employee
from backend.directory.rules import search_keys
from backend.directory.services import confirming
from backend.directory.standing_in import HasLeft
from backend.events import services as events


class NumberTaken(Conflict):
    code = "number_taken"
    message = bilingual("该工号已被使用。", "Another employee has this number.")


class PhoneNeedsPassword(Forbidden):
    code = "phone_needs_password"
    message = bilingual(
        "修改手机号须验证密码；未设密码的账号请联系管理员。",
        "Changing your phone needs your password. Without one, ask an administrator.",
    )


class EmployeeChanges(TypedDict, total=False):
    """An absent key leaves the field as it is."""

    name: str
    department_id: UUID
    manager_id: UUID | None
    phone: str
    email: str


class OwnChanges(TypedDict, total=False):
    language: str
    email: str
    phone: str


@transaction.atomic
def hire_employee(
    *,
    actor: Actor,
    number: str,
    name: str,
    department_id: UUID,
    manager_id: UUID | None = None,
    role_codes: Iterable[str] = (),
    phone: str = "",
    email: str = "",
    at: datetime,
) -> tuple[Employee, bool]:
    """The new colleague and True; sent again, the stored one and False.

    Raises NotFound for a department or manager of elsewhere, DepartmentGone, UnknownRole, GrantsTooMuch, NumberTaken.
    """
    actor.require("directory.manage")
    company = hold_company(actor)
    roles = records.roles_named(actor, role_codes)
    fields: dict[str, Any] = {
        "name": name,
        "department_id": department_id,
        "manager_id": manager_id,
        "phone": phone,
        "email": email,
    }
    known = Employee.objects.filter(company=company, number=number).first()
    if known is not None:
        same = all(getattr(known, field) == value for field, value in fields.items()) and known.is_active
        if not same or set(known.roles.all()) != set(roles):
            raise NumberTaken()
        return known, False
    records.check_home(actor, department_id)
    if manager_id is not None:
        records.check_reporting_line(actor, number, manager_id)
    employee = Employee(company=company, number=number, login=f"{company.code}/{number}".lower(), **fields)
    employee.search_text, employee.grams = search_keys(name=name, number=number)
    employee.set_unusable_password()
    employee.save()
    after = {"number": number, **records.as_text(fields)}
    events.record("employee.hired", employee, actor=actor, at=at, before={}, after=after)
    records.assign(employee, roles, actor=actor, at=at)
    return employee, True


@transaction.atomic
def change_employee(
    *, actor: Actor, employee_id: UUID, version: int, changes: EmployeeChanges, at: datetime
) -> Employee:
    """Raises NotFound, VersionConflict, HasLeft, DepartmentGone, CircularReporting, GrantsTooMuch."""
    actor.require("directory.manage")
    hold_company(actor)
    employee = records.locked(actor, employee_id)
    require_power_over(actor, employee)
    if version != employee.version:
        raise VersionConflict(current_version=employee.version)
    if not employee.is_active:
        raise HasLeft()
    department_id, manager_id = changes.get("department_id"), changes.get("manager_id")
    if department_id is not None and department_id != employee.department_id:
        records.check_home(actor, department_id)
    if manager_id is not None and manager_id != employee.manager_id:
        records.check_reporting_line(actor, employee.number, manager_id)
    records.change(employee, changes, actor=actor, at=at)
    return employee


@transaction.atomic
def rehire(*, actor: Actor, employee_id: UUID, at: datetime) -> Employee:
    """Back with his old number and record; without a role that holds more than the actor does. Twice is once.

    His old password does not open the door: an administrator sets a new one, or another door is used.
    Raises NotFound, DepartmentGone, GrantsTooMuch.
    """
    actor.require("directory.manage")
    hold_company(actor)
    employee = records.locked(actor, employee_id)
    if employee.is_active:
        return employee
    require_power_over(actor, employee)
    records.check_home(actor, employee.department_id)
    employee.is_active, employee.version = True, employee.version + 1
    employee.set_unusable_password()
    employee.save(update_fields=["is_active", "password", "version"])
    before, after = {"is_active": "false"}, {"is_active": "true"}
    events.record("employee.rehired", employee, actor=actor, at=at, before=before, after=after)
    return employee


@commits_in_steps("a guess at the password stays counted although the change fails")
def change_own_profile(
    *, actor: Actor, version: int, changes: OwnChanges, password: str = "", at: datetime
) -> Employee:
    """Language, e-mail and phone. The phone may prove who somebody is, so another one needs the password too.

    Raises VersionConflict, PhoneNeedsPassword, TooManyAttempts.
    """
    me = Employee.objects.get(pk=actor.person_id, company_id=actor.company_id)
    if changes.get("phone", me.phone) != me.phone:
        _prove(me, password, at)
    return _change_own(actor, version, changes, at)


def _prove(me: Employee, password: str, at: datetime) -> None:
    if not password or not me.has_usable_password():
        raise PhoneNeedsPassword()
    if not confirming.is_own_password(employee=me, password=password, at=at):
        raise PhoneNeedsPassword()


@transaction.atomic
def _change_own(actor: Actor, version: int, changes: OwnChanges, at: datetime) -> Employee:
    me = records.locked(actor, actor.person_id)
    wanted = cast(dict[str, Any], changes)
    if all(getattr(me, field) == value for field, value in wanted.items()):
        return me
    if version != me.version:
        raise VersionConflict(current_version=me.version)
    records.change(me, wanted, actor=actor, at=at)
    return me

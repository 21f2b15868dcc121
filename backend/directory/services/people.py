"""Companies, departments, roles and people. Called by the admin site, the importers and later the directory sync."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory import records
from backend.directory.guards import (
    LocksYouOut,
    administrators,
    hold_company,
    require_administrators_left,
    require_power_over,
)
from backend.directory.models import Company, Department, Employee, Identity, Role
from backend.directory.roles import STANDARD_ROLES
from backend.directory.services import bindings, confirming, delegations, departments, employees, sessions
from backend.events import services as events


class WrongPassword(Forbidden):
    code = "wrong_password"
    message = bilingual("原密码不正确。", "The old password is not right.")


class WeakPassword(Invalid):
    code = "weak_password"
    message = bilingual("密码太弱。", "The password is too weak.")


@transaction.atomic
def found_company(*, code: str, name: str, currency: str = "CNY", timezone: str = "Asia/Shanghai") -> Company:
    """A new tenant with its root department and the standard roles; an existing one by its code. Repeatable."""
    company, _ = Company.objects.get_or_create(
        code=code.lower(), defaults={"name": name, "currency": currency, "timezone": timezone}
    )
    Department.objects.get_or_create(company=company, code="root", defaults={"name": name})
    for template in STANDARD_ROLES:
        Role.objects.get_or_create(
            company=company,
            code=template.code,
            defaults={
                "name": template.name,
                "capabilities": list(template.capabilities),
                "scopes": template.scopes,
                "fields": list(template.fields),
                "is_staff": template.is_staff,
            },
        )
    return company


@transaction.atomic
def put_department(*, actor: Actor, code: str, name: str, parent_id: UUID | None, at: datetime) -> Department:
    """Create the department with this code, or bring it up to date; a dissolved one comes back."""
    department = Department.objects.filter(company_id=actor.company_id, code=code, dissolved_at=None).first()
    if department is None:
        made, _ = departments.create_department(actor=actor, code=code, name=name, parent_id=parent_id, at=at)
        return made
    changes: departments.DepartmentChanges = {"name": name, "parent_id": parent_id}
    return departments.change_department(actor=actor, department_id=department.pk, changes=changes, at=at)


@transaction.atomic
def put_employee(
    *,
    actor: Actor,
    number: str,
    name: str,
    department_id: UUID,
    manager_id: UUID | None,
    role_codes: Iterable[str] | None = None,
    phone: str = "",
    email: str = "",
    at: datetime,
) -> Employee:
    """Hire the person with this number, or bring his record up to date. Changed rights count from now on.

    Without role codes his roles stay as they are. Raises NotFound, CircularReporting, UnknownRole, GrantsTooMuch,
    LocksYouOut, LastAdministrator.
    """
    actor.require("directory.manage")
    company = hold_company(actor)
    fields = {
        "name": name,
        "department_id": department_id,
        "manager_id": manager_id,
        "phone": phone,
        "email": email,
    }
    employee = Employee.objects.select_for_update().filter(company=company, number=number).first()
    if employee is None:
        hired, _ = employees.hire_employee(
            actor=actor, number=number, role_codes=role_codes or (), at=at, **cast(Any, fields)
        )
        return hired
    require_power_over(actor, employee)
    if department_id != employee.department_id:
        records.check_home(actor, department_id)
    if manager_id is not None and manager_id != employee.manager_id:
        records.check_reporting_line(actor, number, manager_id)
    records.change(employee, fields, actor=actor, at=at)
    if role_codes is not None:
        records.assign(employee, records.roles_named(actor, role_codes), actor=actor, at=at)
    return employee


@transaction.atomic
def set_password(*, actor: Actor, employee_id: UUID, password: str, must_change: bool, at: datetime) -> None:
    """By an administrator. Ends every session of the employee. Raises NotFound, GrantsTooMuch, WeakPassword."""
    actor.require("directory.manage")
    employee = records.locked(actor, employee_id)
    require_power_over(actor, employee)
    try:
        validate_password(password, employee)
    except ValidationError as exc:
        raise WeakPassword(fields={"password": " ".join(exc.messages)}) from exc
    employee.set_password(password)
    employee.must_change_password = must_change
    employee.save(update_fields=["password", "must_change_password"])
    events.record("employee.password_set", employee, actor=actor, at=at)
    sessions.end_all_sessions(actor=actor, employee_id=employee.pk, reason="password_set", at=at)


@commits_in_steps("a guess at the old password stays counted although the change fails")
def change_own_password(*, actor: Actor, old: str, new: str, at: datetime) -> None:
    """Ends every other session of the employee; the one that asks goes on.

    Raises WrongPassword, TooManyAttempts with the seconds to wait, or WeakPassword.
    """
    me = Employee.objects.get(pk=actor.person_id, company_id=actor.company_id)
    if not confirming.is_own_password(employee=me, password=old, at=at):
        raise WrongPassword()
    _change_own_password(actor, me.password, new, at)


@transaction.atomic
def _change_own_password(actor: Actor, proved: str, new: str, at: datetime) -> None:
    employee = records.locked(actor, actor.person_id)
    if employee.password != proved:  # changed by somebody else in between
        raise WrongPassword()
    try:
        validate_password(new, employee)
    except ValidationError as exc:
        raise WeakPassword(fields={"new_password": " ".join(exc.messages)}) from exc
    employee.set_password(new)
    employee.must_change_password = False
    employee.save(update_fields=["password", "must_change_password"])
    events.record("employee.password_changed", employee, actor=actor, at=at)
    sessions.end_other_sessions(actor=actor, reason="password_changed", at=at)
    sessions.forget_rights(actor=actor, employee_id=employee.pk, at=at)


@transaction.atomic
def dismiss(*, actor: Actor, employee_id: UUID, at: datetime) -> Employee:
    """The person has left: no door opens for him from now on. Twice is once.

    Raises NotFound, GrantsTooMuch, LocksYouOut, LastAdministrator.
    """
    actor.require("directory.manage")
    hold_company(actor)
    employee = records.locked(actor, employee_id)
    require_power_over(actor, employee)
    if employee.is_active:
        chiefs = administrators(actor.company_id)
        employee.is_active, employee.version = False, employee.version + 1
        employee.save(update_fields=["is_active", "version"])
        if employee.pk == actor.employee_id:
            raise LocksYouOut()
        require_administrators_left(actor, chiefs)
        before, after = {"is_active": "true"}, {"is_active": "false"}
        events.record("employee.dismissed", employee, actor=actor, at=at, before=before, after=after)
        sessions.end_all_sessions(actor=actor, employee_id=employee.pk, reason="dismissed", at=at)
        delegations.end_all_of(actor=actor, employee_id=employee.pk, at=at)
    return employee


@transaction.atomic
def bind_identity(
    *, actor: Actor, employee_id: UUID, provider: str, tenant: str, subject: str, at: datetime | None = None
) -> Identity:
    """By an administrator or the directory sync. Twice is once. Raises what `bindings.bind` raises."""
    actor.require("directory.manage")
    require_power_over(actor, records.locked(actor, employee_id))
    known = bindings.Subject(actor.company_id, provider, tenant, subject)
    return bindings.bind(actor=actor, employee_id=employee_id, subject=known, how=Identity.How.DIRECTORY, at=at)


@transaction.atomic(savepoint=False)
def one_at_a_time(*, actor: Actor) -> None:
    """Let this person's commands run one after another until the caller's transaction ends."""
    Employee.objects.select_for_update().values_list("pk").get(pk=actor.person_id)

"""Companies, departments, roles and people. Called by the admin site, the importers and later the directory sync."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from backend.core.actor import Actor, Scope
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.text import bilingual
from backend.directory.models import Company, Department, Employee, Identity, Role, RoleAssignment
from backend.directory.roles import CAPABILITIES, RESOURCES, STANDARD_ROLES
from backend.directory.selectors import subtree_of
from backend.directory.services import bindings, delegations, sessions
from backend.events import services as events


class CircularReporting(Conflict):
    code = "circular_reporting"
    message = bilingual("上下级关系不能成环。", "A reporting line may not form a circle.")


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
                "scopes": dict.fromkeys(RESOURCES, template.scope),
                "is_staff": template.is_staff,
            },
        )
    return company


@transaction.atomic
def put_department(*, actor: Actor, code: str, name: str, parent_id: UUID | None) -> Department:
    """Create the department with this code, or bring it up to date."""
    actor.require("directory.manage")
    if parent_id is not None and not Department.objects.filter(pk=parent_id, company_id=actor.company_id).exists():
        raise NotFound()
    department = Department.objects.select_for_update().filter(company_id=actor.company_id, code=code).first()
    if department is None:
        department = Department.objects.create(company_id=actor.company_id, code=code, name=name, parent_id=parent_id)
        events.record("department.created", department, actor=actor, name=name, parent=str(parent_id or ""))
        return department
    if parent_id is not None and parent_id in subtree_of(department.pk):
        raise CircularReporting()
    before = {"name": department.name, "parent": str(department.parent_id or "")}
    after = {"name": name, "parent": str(parent_id or "")}
    if before != after:
        department.name, department.parent_id = name, parent_id
        department.save(update_fields=["name", "parent"])
        events.record("department.changed", department, actor=actor, before=before, after=after)
    return department


@transaction.atomic
def put_employee(
    *,
    actor: Actor,
    number: str,
    name: str,
    department_id: UUID,
    manager_id: UUID | None,
    role_codes: Iterable[str],
    phone: str = "",
    email: str = "",
    at: datetime,
) -> Employee:
    """Hire the person with this number, or bring his record up to date. Changed rights count from now on."""
    actor.require("directory.manage")
    company = Company.objects.get(pk=actor.company_id)
    if not Department.objects.filter(pk=department_id, company=company).exists():
        raise NotFound()
    if manager_id is not None:
        _check_reporting_line(actor, number, manager_id)
    roles = list(Role.objects.filter(company=company, code__in=list(role_codes)))
    fields = {
        "name": name,
        "department_id": department_id,
        "manager_id": manager_id,
        "phone": phone,
        "email": email,
    }
    employee = Employee.objects.select_for_update().filter(company=company, number=number).first()
    if employee is None:
        login = f"{company.code}/{number}".lower()
        employee = Employee(company=company, number=number, login=login, **fields)
        employee.set_unusable_password()
        employee.save()
        events.record("employee.hired", employee, actor=actor, at=at, number=number, name=name)
    else:
        _change(employee, fields, actor=actor, at=at)
    _assign(employee, roles, actor=actor, at=at)
    return employee


@transaction.atomic
def put_role(
    *,
    actor: Actor,
    code: str,
    name: str,
    capabilities: Iterable[str],
    scopes: Mapping[str, str],
    at: datetime,
) -> Role:
    """Create or change a role; everybody who holds it has the new rights from now on."""
    actor.require("directory.manage")
    wanted = sorted(set(capabilities))
    unknown = set(wanted) - set(CAPABILITIES) | set(scopes) - set(RESOURCES) | set(scopes.values()) - set(Scope)
    if unknown:
        raise Invalid(fields={"capabilities": ", ".join(sorted(unknown))})
    role, created = Role.objects.get_or_create(company_id=actor.company_id, code=code, defaults={"name": name})
    before = {"name": role.name, "capabilities": role.capabilities, "scopes": role.scopes}
    after = {"name": name, "capabilities": wanted, "scopes": dict(scopes)}
    if created or before != after:
        role.name, role.capabilities, role.scopes = name, wanted, dict(scopes)
        role.save(update_fields=["name", "capabilities", "scopes"])
        events.record("role.changed", role, actor=actor, at=at, before=before, after=after)
        for employee_id in role.assignments.values_list("employee_id", flat=True):
            sessions.forget_rights(actor=actor, employee_id=employee_id, at=at)
    return role


@transaction.atomic
def set_password(*, actor: Actor, employee_id: UUID, password: str, must_change: bool, at: datetime) -> None:
    """By an administrator. Ends every session of the employee."""
    actor.require("directory.manage")
    employee = _employee(actor, employee_id)
    try:
        validate_password(password, employee)
    except ValidationError as exc:
        raise WeakPassword(fields={"password": " ".join(exc.messages)}) from exc
    employee.set_password(password)
    employee.must_change_password = must_change
    employee.save(update_fields=["password", "must_change_password"])
    events.record("employee.password_set", employee, actor=actor, at=at)
    sessions.end_all_sessions(actor=actor, employee_id=employee.pk, reason="password_set", at=at)


@transaction.atomic
def change_own_password(*, actor: Actor, old: str, new: str, at: datetime) -> None:
    """Ends every other session of the employee; the one that asks goes on."""
    employee = _employee(actor, actor.person_id)
    if not employee.check_password(old):
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
    """The person has left: no door opens for him from now on. Twice is once."""
    actor.require("directory.manage")
    employee = _employee(actor, employee_id)
    if employee.is_active:
        employee.is_active = False
        employee.save(update_fields=["is_active"])
        events.record("employee.dismissed", employee, actor=actor, at=at)
        sessions.end_all_sessions(actor=actor, employee_id=employee.pk, reason="dismissed", at=at)
        delegations.end_all_of(actor=actor, employee_id=employee.pk, at=at)
    return employee


@transaction.atomic
def bind_identity(
    *, actor: Actor, employee_id: UUID, provider: str, tenant: str, subject: str, at: datetime | None = None
) -> Identity:
    """By an administrator or the directory sync. Twice is once. Raises what `bindings.bind` raises."""
    actor.require("directory.manage")
    known = bindings.Subject(actor.company_id, provider, tenant, subject)
    return bindings.bind(actor=actor, employee_id=employee_id, subject=known, how=Identity.How.DIRECTORY, at=at)


@transaction.atomic(savepoint=False)
def one_at_a_time(*, actor: Actor) -> None:
    """Let this person's commands run one after another until the caller's transaction ends."""
    Employee.objects.select_for_update().values_list("pk").get(pk=actor.person_id)


def _employee(actor: Actor, employee_id: UUID) -> Employee:
    employee = Employee.objects.select_for_update().filter(pk=employee_id, company_id=actor.company_id).first()
    if employee is None:
        raise NotFound()
    return employee


def _check_reporting_line(actor: Actor, number: str, manager_id: UUID) -> None:
    seen: set[UUID] = set()
    above: UUID | None = manager_id
    while above is not None:
        manager = Employee.objects.filter(pk=above, company_id=actor.company_id).first()
        if manager is None:
            raise NotFound()
        if manager.number == number or above in seen:
            raise CircularReporting()
        seen.add(above)
        above = manager.manager_id


def _change(employee: Employee, fields: dict[str, object], *, actor: Actor, at: datetime) -> None:
    changed = {name: value for name, value in fields.items() if getattr(employee, name) != value}
    if not changed:
        return
    before = {name: str(getattr(employee, name) or "") for name in changed}
    for name, value in changed.items():
        setattr(employee, name, value)
    employee.save(update_fields=[name.removesuffix("_id") for name in changed])
    after = {name: str(value or "") for name, value in changed.items()}
    events.record("employee.changed", employee, actor=actor, at=at, before=before, after=after)
    sessions.forget_rights(actor=actor, employee_id=employee.pk, at=at)


def _assign(employee: Employee, roles: list[Role], *, actor: Actor, at: datetime) -> None:
    held = {assignment.role_id: assignment for assignment in employee.role_assignments.select_related("role")}
    wanted = {role.pk: role for role in roles}
    if held.keys() == wanted.keys():
        return
    before = sorted(assignment.role.code for assignment in held.values())
    RoleAssignment.objects.filter(employee=employee).exclude(role_id__in=wanted).delete()
    RoleAssignment.objects.bulk_create(
        RoleAssignment(company_id=employee.company_id, employee=employee, role=role)
        for pk, role in wanted.items()
        if pk not in held
    )
    after = sorted(role.code for role in roles)
    events.record("employee.roles_changed", employee, actor=actor, at=at, before=before, after=after)
    sessions.forget_rights(actor=actor, employee_id=employee.pk, at=at)

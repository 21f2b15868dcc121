from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, QuerySet, When

from backend.core import clock
from backend.core.actor import Actor, Scope
from backend.core.errors import NotFound
from backend.directory.models import (
    Company,
    Department,
    Device,
    Employee,
    Identity,
    LoginRecord,
    LoginRestriction,
    Session,
)
from backend.directory.roles import RESOURCES

_BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT {department}
        UNION SELECT child.id FROM directory_department child JOIN below ON child.parent_id = below.id
    ) SELECT id FROM below ORDER BY id
"""
"""The department and everything below it. UNION (not ALL) ends even if a move made a circle."""
# One statement, because a phone that was silent for a minute pays for it before anything else.
_ACTOR = f"""
    SELECT employee.company_id, employee.id, employee.department_id, employee.must_change_password, granted.roles,
        CASE WHEN granted.subtree THEN ARRAY({_BELOW.format(department="employee.department_id")}) ELSE '{{{{}}}}' END
    FROM directory_employee employee {{also}} CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object('capabilities', role.capabilities, 'scopes', role.scopes)), '[]')
                AS roles,
            bool_or(jsonb_path_exists(role.scopes, '$.* ? (@ == "{Scope.SUBTREE}")')) AS subtree
        FROM directory_roleassignment assignment JOIN directory_role role ON role.id = assignment.role_id
        WHERE assignment.employee_id = employee.id
    ) AS granted
    WHERE employee.id = %(employee)s {{alive}}
"""  # noqa: S608
_ACTOR_OF_EMPLOYEE = _ACTOR.format(also="", alive="")
_ACTOR_OF_SESSION = _ACTOR.format(
    also="JOIN directory_session session ON session.employee_id = employee.id",
    alive="""AND employee.is_active AND session.id = %(session)s AND session.company_id = %(company)s
        AND session.revoked_at IS NULL AND session.expires_at > %(at)s""",
)


def subtree_of(department_id: UUID) -> tuple[UUID, ...]:
    """The department and everything below it."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW.format(department="%s::uuid"), [department_id])
        return tuple(row[0] for row in cursor.fetchall())


def actor_for(employee: Employee) -> Actor:
    """What this employee may do and see now: the union of his roles."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTOR_OF_EMPLOYEE, {"employee": employee.pk})
        return _actor(*cursor.fetchone(), session_id=None)


def actor_of_session(*, session_id: UUID, employee_id: UUID, company_id: UUID, at: datetime) -> Actor | None:
    """Who acts in this session, with his rights as they are now; None where it has ended or he has left."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ACTOR_OF_SESSION, {"session": session_id, "employee": employee_id, "company": company_id, "at": at}
        )
        row = cursor.fetchone()
    return None if row is None else _actor(*row, session_id=session_id)


def _actor(
    company_id: UUID,
    employee_id: UUID,
    department_id: UUID,
    must_change_password: bool,
    roles: list[dict[str, Any]],
    below: list[UUID],
    *,
    session_id: UUID | None,
) -> Actor:
    scopes = {
        resource: max((Scope(role["scopes"].get(resource, Scope.OWN)) for role in roles), key=_reach, default=Scope.OWN)
        for resource in RESOURCES
    }
    return Actor(
        company_id=company_id,
        employee_id=employee_id,
        department_id=department_id,
        capabilities=frozenset(capability for role in roles for capability in role["capabilities"]),
        scopes=scopes,
        subtree=tuple(below) if Scope.SUBTREE in scopes.values() else (),
        session_id=session_id,
        must_change_password=must_change_password,
    )


def _reach(scope: Scope) -> int:
    return scope.reach


def get_employee(*, actor: Actor, employee_id: UUID) -> Employee:
    """Colleagues of the own company are visible to everybody in it."""
    employee = (
        Employee.objects.select_related("company", "department", "manager")
        .filter(company_id=actor.company_id, pk=employee_id)
        .first()
    )
    if employee is None:
        raise NotFound()
    return employee


def list_employees(*, actor: Actor) -> QuerySet[Employee]:
    return (
        Employee.objects.filter(company_id=actor.company_id, is_active=True)
        .select_related("department")
        .order_by("-created_at", "-id")
    )


def today_of(*, company_id: UUID, at: datetime) -> date:
    """The calendar day in the company's time zone."""
    return clock.today_in(Company.objects.values_list("timezone", flat=True).get(pk=company_id), at)


def list_departments(*, actor: Actor) -> QuerySet[Department]:
    return Department.objects.filter(company_id=actor.company_id).order_by("code")


def list_sessions(*, actor: Actor, at: datetime) -> QuerySet[Session]:
    """The actor's own living sessions."""
    own = Session.objects.filter(company_id=actor.company_id, employee_id=actor.person_id)
    return own.filter(revoked_at=None, expires_at__gt=at).order_by("-last_seen_at", "-id")


def list_devices(*, actor: Actor) -> QuerySet[Device]:
    """The actor's own, those that wait for approval first."""
    waiting = Case(When(status=Device.Status.WAITING, then=0), default=1)
    own = Device.objects.filter(company_id=actor.company_id, employee_id=actor.person_id)
    return own.exclude(status=Device.Status.REVOKED).order_by(waiting, "-created_at", "-pk")


def list_logins(*, actor: Actor) -> QuerySet[LoginRecord]:
    """The actor's own attempts to sign in, and those of others as him."""
    return LoginRecord.objects.filter(company_id=actor.company_id, employee_id=actor.person_id).order_by("-at", "-id")


def login_restrictions_of(*, employee_id: UUID) -> QuerySet[LoginRestriction]:
    """Of every role the employee holds."""
    return LoginRestriction.objects.filter(role__assignments__employee_id=employee_id).select_related("company")


def employees_with(*, company_id: UUID, capability: str) -> QuerySet[Employee]:
    return Employee.objects.filter(
        company_id=company_id, is_active=True, role_assignments__role__capabilities__contains=[capability]
    ).distinct()


def employees_with_role(*, company_id: UUID, role_code: str) -> QuerySet[Employee]:
    return (
        Employee.objects.filter(company_id=company_id, is_active=True, role_assignments__role__code=role_code)
        .distinct()
        .order_by("number")
    )


def subjects_of(*, employee_ids: Iterable[UUID], provider: str, tenant: str) -> dict[UUID, str]:
    """How an outside provider names these employees: {employee id: subject}."""
    rows = Identity.objects.filter(employee_id__in=employee_ids, provider=provider, tenant=tenant)
    return dict(rows.values_list("employee_id", "subject"))

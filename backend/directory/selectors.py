from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, F, Func, Q, QuerySet, TextField, Value, When

from backend.core import clock
from backend.core.actor import Actor, Scope
from backend.core.errors import NotFound
from backend.core.search import grams, normalised
from backend.directory.models import (
    Company,
    Department,
    Device,
    DirectoryImport,
    DirectoryImportRow,
    Employee,
    Identity,
    LoginRecord,
    LoginRestriction,
    Role,
    Session,
)
from backend.directory.roles import ADMINISTRATION, RESOURCES

MAX_LISTED = 200
"""Of one person's own sessions and devices, the newest: he may sign in as often as he likes."""
DIGITS_OF_A_PHONE = 4
"""So few would match half the company."""

_BELOW = """
    WITH RECURSIVE below (id) AS (
        SELECT {department}
        UNION SELECT child.id FROM directory_department child JOIN below ON child.parent_id = below.id
    ) SELECT id FROM below ORDER BY id
"""
"""The department and everything below it. UNION (not ALL) ends even if a move made a circle."""
_ABOVE = """
    WITH RECURSIVE above (id, parent_id) AS (
        SELECT id, parent_id FROM directory_department WHERE id = %s::uuid
        UNION SELECT d.id, d.parent_id FROM directory_department d JOIN above ON d.id = above.parent_id
    ) SELECT id FROM above
"""
# One statement, because a phone that was silent for a minute pays for it before anything else.
_ACTOR = f"""
    SELECT employee.company_id, employee.id, employee.department_id, employee.must_change_password, granted.roles,
        CASE WHEN granted.subtree THEN ARRAY({_BELOW.format(department="employee.department_id")}) ELSE '{{{{}}}}' END
    FROM directory_employee employee {{also}} CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
                'capabilities', role.capabilities, 'scopes', role.scopes, 'fields', role.fields)), '[]') AS roles,
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


def above(department_id: UUID) -> tuple[UUID, ...]:
    """The department and everything above it. UNION ends even in a circle."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [department_id])
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
        fields=frozenset(field for role in roles for field in role["fields"]),
        session_id=session_id,
        must_change_password=must_change_password,
    )


def _reach(scope: Scope) -> int:
    return scope.reach


def get_employee(*, actor: Actor, employee_id: UUID) -> Employee:
    """Raises NotFound, also for a hidden one."""
    employee = (
        visible_employees(actor).select_related("company", "department", "manager").filter(pk=employee_id).first()
    )
    if employee is None:
        raise NotFound()
    return employee


def visible_employees(actor: Actor) -> QuerySet[Employee]:
    """Himself and his manager always; colleagues as far as his scope of the directory reaches."""
    rows = Employee.objects.filter(company_id=actor.company_id)
    if actor.scope("directory") == Scope.COMPANY:
        return rows
    seen = Q(pk=actor.person_id) | Q(reports=actor.person_id)
    if departments := actor.departments("directory"):
        seen |= Q(department_id__in=departments)
    return rows.filter(pk__in=Employee.objects.filter(seen).values("pk"))


def list_employees(
    *, actor: Actor, q: str | None = None, department_id: UUID | None = None, left: bool = False
) -> QuerySet[Employee]:
    """Newest first: who works here, or who has left.

    `q` is part of a name, its pinyin or initials, or of a number; of a telephone only where the actor may see those.
    `department_id` takes in everything below it; NotFound for one he does not see.
    """
    rows = visible_employees(actor).filter(is_active=not left).select_related("department", "manager")
    if q and (key := normalised(q)):
        found = Q(grams__contains=grams(key), search_text__contains=key)
        if len(key) >= DIGITS_OF_A_PHONE and key.isdecimal() and actor.sees("colleague_contact"):
            found |= Q(phone__contains=key)
        rows = rows.filter(found)
    if department_id is not None:
        if not any(place.department.pk == department_id for place in department_tree(actor=actor)):
            raise NotFound()
        rows = rows.filter(department_id__in=subtree_of(department_id))
    return rows.order_by("-created_at", "-id")


def roles_shown(employee: Employee, *, actor: Actor) -> list[str] | None:
    """Codes of his roles; None where they are nobody's business."""
    if employee.pk != actor.employee_id and not actor.may("directory.manage"):
        return None
    return sorted(employee.roles.values_list("code", flat=True))


@dataclass(frozen=True, slots=True)
class Place:
    """A department in the tree; `depth` counts from the top, 0."""

    department: Department
    depth: int


def department_tree(*, actor: Actor, dissolved: bool = False) -> list[Place]:
    """Depth first, siblings in their order, in one query: what the scope of the directory reaches, and the way up from
    there. `dissolved` shows those too."""
    rows = Department.objects.filter(company_id=actor.company_id).select_related("leader")
    if not dissolved:
        rows = rows.filter(dissolved_at=None)
    known = {row.pk: row for row in rows.order_by("position", "code")}
    shown = set(known)
    if actor.scope("directory") != Scope.COMPANY:
        shown = set()
        for start in (*actor.departments("directory"), actor.department_id):
            at = start
            while at in known and at not in shown:
                shown.add(at)
                at = known[at].parent_id
    below: dict[UUID | None, list[Department]] = {}
    for row in known.values():
        if row.pk in shown:
            below.setdefault(row.parent_id if row.parent_id in shown else None, []).append(row)
    places: list[Place] = []
    waiting = [Place(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        place = waiting.pop()
        places.append(place)
        waiting += [Place(row, place.depth + 1) for row in reversed(below.get(place.department.pk, []))]
    return places


def get_department(*, actor: Actor, department_id: UUID) -> Department:
    """Raises NotFound, also for a hidden one."""
    for place in department_tree(actor=actor, dissolved=True):
        if place.department.pk == department_id:
            return place.department
    raise NotFound()


def headcount(department_id: UUID) -> tuple[int, int]:
    """Who works in the department itself, and there or anywhere below."""
    below = subtree_of(department_id)
    counts = Employee.objects.filter(department_id__in=below, is_active=True).aggregate(
        here=Count("pk", filter=Q(department_id=department_id)), all=Count("pk")
    )
    return counts["here"], counts["all"]


def own_company(*, actor: Actor) -> Company:
    """With what its administrators have decided; for them."""
    actor.require(ADMINISTRATION)
    return Company.objects.get(pk=actor.company_id)


def get_import(*, actor: Actor, import_id: UUID) -> DirectoryImport:
    """Of whoever uploaded it. For who may manage the directory; raises NotFound."""
    actor.require("directory.manage")
    found = DirectoryImport.objects.filter(pk=import_id, company_id=actor.company_id).first()
    if found is None:
        raise NotFound()
    return found


def list_import_rows(*, actor: Actor, import_id: UUID, outcome: str | None = None) -> QuerySet[DirectoryImportRow]:
    """In the order of the file, which is that of falling keys. Raises NotFound."""
    rows = DirectoryImportRow.objects.filter(file=get_import(actor=actor, import_id=import_id))
    return (rows.filter(outcome=outcome) if outcome else rows).order_by("-pk")


def list_roles(*, actor: Actor) -> list[Role]:
    """With the number of their holders. For who assigns or manages roles."""
    if not actor.may(ADMINISTRATION):
        actor.require("directory.manage")
    rows = Role.objects.filter(company_id=actor.company_id).annotate(
        holders=Count("assignments", filter=Q(assignments__employee__is_active=True))
    )
    return list(rows.order_by("code"))


def get_role(*, actor: Actor, code: str) -> Role:
    for role in list_roles(actor=actor):
        if role.code == code:
            return role
    raise NotFound()


def timezone_of(*, company_id: UUID) -> str:
    """IANA."""
    return Company.objects.values_list("timezone", flat=True).get(pk=company_id)


def today_of(*, company_id: UUID, at: datetime) -> date:
    """The calendar day in the company's time zone."""
    return clock.today_in(timezone_of(company_id=company_id), at)


def list_sessions(*, actor: Actor, at: datetime) -> QuerySet[Session]:
    """The actor's own living sessions, at most MAX_LISTED."""
    own = Session.objects.filter(company_id=actor.company_id, employee_id=actor.person_id)
    return own.filter(revoked_at=None, expires_at__gt=at).order_by("-last_seen_at", "-id")[:MAX_LISTED]


def list_devices(*, actor: Actor) -> QuerySet[Device]:
    """The actor's own, those that wait for approval first, at most MAX_LISTED."""
    waiting = Case(When(status=Device.Status.WAITING, then=0), default=1)
    own = Device.objects.filter(company_id=actor.company_id, employee_id=actor.person_id)
    return own.exclude(status=Device.Status.REVOKED).order_by(waiting, "-created_at", "-pk")[:MAX_LISTED]


def list_logins(*, actor: Actor) -> QuerySet[LoginRecord]:
    """The actor's own attempts to sign in, and those of others as him."""
    return LoginRecord.objects.filter(company_id=actor.company_id, employee_id=actor.person_id).order_by("-at", "-id")


def device_id_of(*, session_id: UUID) -> str:
    return Session.objects.values_list("device_id", flat=True).get(pk=session_id)


def list_identities(*, actor: Actor) -> QuerySet[Identity]:
    """How the actor can come in without a password."""
    return Identity.objects.filter(company_id=actor.company_id, employee_id=actor.person_id).order_by(
        "provider", "tenant"
    )


def employee_with_phone(*, company_id: UUID, number: str) -> Employee | None:
    """The one active employee with this number (E.164), however it is written; None where there is none, or two."""
    digits = number.removeprefix("+")
    spellings = {digits, f"00{digits}"} | ({digits.removeprefix("86")} if digits.startswith("86") else set())
    written = Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace", output_field=TextField())
    active = Employee.objects.filter(company_id=company_id, is_active=True).exclude(phone="")
    found = list(active.annotate(digits=written).filter(digits__in=spellings)[:2])
    return found[0] if len(found) == 1 else None


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

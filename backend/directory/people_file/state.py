"""What the company has, as a file is compared with it. A handful of queries, however many people there are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.directory import tenants
from backend.directory.guards import require_power_to_grant
from backend.directory.models import Company, Department, Employee, Identity, Role, RoleAssignment
from backend.directory.people_file.reading import plain
from backend.directory.roles import ADMINISTRATION


@dataclass(slots=True)
class State:
    company: Company
    root_id: UUID | None
    departments: dict[UUID, Department]
    employees: dict[UUID, Employee]
    roles: dict[str, Role]
    roles_of: dict[UUID, frozenset[str]]
    grantable: frozenset[str]
    """Codes of roles that the actor could grant, and over whose holders he has power."""
    corporation: str | None
    identities: dict[UUID, Identity]
    """At the corporation, by employee."""
    foreign_subjects: frozenset[str]
    """Keys at the corporation that are bound in another company."""
    by_code: dict[str, UUID] = field(default_factory=dict)
    by_number: dict[str, UUID] = field(default_factory=dict)
    by_digits: dict[str, list[str]] = field(default_factory=dict)
    """Numbers and codes of digits alone, by what is left without leading zeros."""

    def administers(self, roles: Iterable[str]) -> bool:
        return any(ADMINISTRATION in self.roles[code].capabilities for code in roles if code in self.roles)


def load(actor: Actor) -> State:
    company = Company.objects.get(pk=actor.company_id)
    departments = {row.pk: row for row in Department.objects.filter(company=company)}
    people = Employee.objects.filter(company=company).defer("search_text", "grams", "password")
    employees = {row.pk: row for row in people.order_by("number")}
    held: dict[UUID, set[str]] = {}
    for employee_id, code in RoleAssignment.objects.filter(company=company).values_list("employee_id", "role__code"):
        held.setdefault(employee_id, set()).add(code)
    roles = {role.code: role for role in Role.objects.filter(company=company)}
    corporation = tenants.only_corporation_of(company.pk)
    bound = Identity.objects.filter(provider=Identity.Provider.WECOM, tenant=corporation or "")
    state = State(
        company=company,
        root_id=_root(departments.values()),
        departments=departments,
        employees=employees,
        roles=roles,
        roles_of={pk: frozenset(codes) for pk, codes in held.items()},
        grantable=frozenset(code for code, role in roles.items() if _may_grant(actor, role)),
        corporation=corporation,
        identities={row.employee_id: row for row in bound.filter(company=company)},
        foreign_subjects=frozenset(bound.exclude(company=company).values_list("subject_key", flat=True)),
    )
    for department in departments.values():
        state.by_code.setdefault(plain(department.code).lower(), department.pk)
    for person in employees.values():
        state.by_number.setdefault(plain(person.number).lower(), person.pk)
    for text in (*(row.number for row in employees.values()), *(row.code for row in departments.values())):
        if re.fullmatch("0[0-9]+", text):
            state.by_digits.setdefault(text.lstrip("0"), []).append(text)
    return state


def _root(departments: Iterable[Department]) -> UUID | None:
    tops = [row for row in departments if row.parent_id is None and row.dissolved_at is None]
    first = min(tops, key=lambda row: (row.code != "root", row.code), default=None)
    return first.pk if first else None


def _may_grant(actor: Actor, role: Role) -> bool:
    try:
        require_power_to_grant(actor, [role])
    except Forbidden:
        return False
    return True

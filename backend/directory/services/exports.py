"""Departments and employees as a workbook: as far as the reader sees them, and so that it can be imported again."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from backend.core.actor import Actor
from backend.directory import tenants
from backend.directory.models import Company, Department, Employee, Identity, Role, RoleAssignment
from backend.directory.people_file import workbooks
from backend.directory.people_file.columns import COLUMNS, DEPARTMENTS, EMPLOYEES, STATUSES
from backend.directory.selectors import department_tree, subjects_of, visible_employees
from backend.events import services as events

FIELDS = {kind: [column.field for column in columns] for kind, columns in COLUMNS.items()}
CONTACT, RIGHTS = ("phone", "email"), ("roles", "wecom")


@transaction.atomic
def export(*, actor: Actor, at: datetime) -> bytes:
    """Everybody who works here and whom the actor sees. Columns whose content he may not see are left out, so that
    importing the file changes nothing there. Who took how much is on record."""
    actor.require("directory.export")
    departments = [place.department for place in department_tree(actor=actor)]
    rows = visible_employees(actor).filter(is_active=True).select_related("department", "manager")
    people = list(rows.defer("search_text", "grams", "password").order_by("number"))
    hidden = {
        *(() if actor.sees("colleague_contact") else CONTACT),
        *(() if actor.may("directory.manage") else RIGHTS),
    }
    fields = [name for name in FIELDS[EMPLOYEES] if name not in hidden]
    content = workbooks.workbook(
        tables=[
            (DEPARTMENTS, FIELDS[DEPARTMENTS], _departments(departments)),
            (EMPLOYEES, fields, _people(actor, people, fields)),
        ],
        roles=_roles(actor),
    )
    told = {"departments": len(departments), "employees": len(people), "columns": fields}
    events.record("directory.exported", Company.objects.get(pk=actor.company_id), actor=actor, at=at, **told)
    return content


@transaction.atomic
def template(*, actor: Actor) -> bytes:
    """An empty one, with lists to choose from and notes."""
    actor.require("directory.manage")
    tables: list[tuple[str, Sequence[str], workbooks.Rows]] = [
        (kind, [one.field for one in columns if one.is_read], ()) for kind, columns in COLUMNS.items()
    ]
    return workbooks.workbook(tables=tables, roles=_roles(actor))


def _roles(actor: Actor) -> list[tuple[str, str]]:
    if not actor.may("directory.manage"):
        return []
    return list(Role.objects.filter(company_id=actor.company_id).order_by("code").values_list("code", "name"))


def _departments(rows: Sequence[Department]) -> workbooks.Rows:
    codes = {row.pk: row.code for row in rows}
    for row in rows:
        leader = row.leader.number if row.leader else ""
        yield row.code, row.name, codes.get(row.parent_id, "") if row.parent_id else "", leader, str(row.position)


def _people(actor: Actor, people: Sequence[Employee], fields: Sequence[str]) -> workbooks.Rows:
    roles: dict[object, list[str]] = {}
    given = RoleAssignment.objects.filter(company_id=actor.company_id).order_by("role__code")
    for employee_id, code in given.values_list("employee_id", "role__code"):
        roles.setdefault(employee_id, []).append(code)
    tenant = tenants.only_corporation_of(actor.company_id) or ""
    ids = [person.pk for person in people]
    accounts = subjects_of(employee_ids=ids, provider=Identity.Provider.WECOM, tenant=tenant)
    for person in people:
        cells = {
            "number": person.number,
            "name": person.name,
            "department": person.department.code,
            "department_name": person.department.name,
            "manager": person.manager.number if person.manager else "",
            "manager_name": person.manager.name if person.manager else "",
            "roles": ",".join(roles.get(person.pk, ())),
            "phone": person.phone,
            "email": person.email,
            "wecom": accounts.get(person.pk, ""),
            "status": STATUSES["active"],
        }
        yield [cells[name] for name in fields]

"""One company: departments, people, roles, past sessions."""

from backend.approvals.services import ensure_default_flows
from backend.core.actor import Actor
from backend.directory.models import Company, Department, Employee, RefreshToken, Role, RoleAssignment, Session
from backend.directory.services import people
from backend.expenses.services import ensure_default_categories
from infra.bench.filling.bulk import execute, insert, numbered

ID_AT = """
    CREATE OR REPLACE FUNCTION pg_temp.id_at(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(noise, 1, 3)
            || '8' || substr(noise, 4, 15))::uuid FROM md5(random()::text) AS noise
    $$
"""
"""As a phone chooses ids: UUIDs of version 7, in the order of their times."""


def found(code: str, name: str) -> Company:
    company = people.found_company(code=code, name=name)
    ensure_default_categories(actor=Actor.system(company.pk))
    ensure_default_flows(actor=Actor.system(company.pk))
    return company


def hire(company: Company, *, reps: int, teams: int, regions: int) -> None:
    """Reps R… in teams under managers M…, teams in regions under managers G…; finance F1 and administrator A1."""
    root = Department.objects.get(company=company, code="root")
    areas = [Department(company=company, code=f"G{n}", name=f"大区{n}", parent=root) for n in range(regions)]
    crews = [
        Department(company=company, code=f"M{n}", name=f"小组{n}", parent=areas[n % regions]) for n in range(teams)
    ]
    Department.objects.bulk_create(areas + crews)
    heads = [_person(company, f"G{n}", area) for n, area in enumerate(areas)]
    managers = [_person(company, f"M{n}", crew, heads[n % regions]) for n, crew in enumerate(crews)]
    field = [_person(company, f"R{n:04d}", crews[n % teams], managers[n % teams]) for n in range(reps)]
    office = [_person(company, "F1", root), _person(company, "A1", root)]
    Employee.objects.bulk_create(heads + managers + field + office)
    roles = {role.code: role for role in Role.objects.filter(company=company)}
    codes = {"R": "rep", "M": "manager", "G": "manager", "F": "finance", "A": "administrator"}
    RoleAssignment.objects.bulk_create(
        RoleAssignment(company=company, employee=person, role=roles[codes[person.number[0]]])
        for person in heads + managers + field + office
    )
    execute(ID_AT)
    was = "now() - n * interval '20 days'"
    insert(
        Session,
        "directory_employee e CROSS JOIN generate_series(1, 5) AS n WHERE e.company_id = %(company)s",
        {"company": company.pk},
        id=f"pg_temp.id_at({was})",
        company_id="e.company_id",
        employee_id="e.id",
        device_id="'phone-' || n",
        created_at=was,
        last_seen_at=f"{was} + interval '5 days'",
        expires_at=f"{was} + interval '180 days'",
        revoked_at=f"{was} + interval '5 days'",
        revoked_reason="'logged_out'",
    )
    insert(
        RefreshToken,
        "directory_session s CROSS JOIN generate_series(1, 20) AS n WHERE s.company_id = %(company)s",
        {"company": company.pk},
        company_id="s.company_id",
        session_id="s.id",
        hash="sha256(convert_to(s.id::text || n, 'UTF8'))",
        created_at="s.created_at",
        used_at="s.created_at",
    )
    numbered(
        "rep",
        "SELECT e.id, e.name, e.department_id, e.manager_id, m.name AS manager_name FROM directory_employee e "
        "JOIN directory_employee m ON m.id = e.manager_id "
        "WHERE e.company_id = %(company)s AND e.number LIKE 'R%%' ORDER BY e.number",
        {"company": company.pk},
    )


def _person(company: Company, number: str, home: Department, manager: Employee | None = None) -> Employee:
    login = f"{company.code}/{number}".lower()
    person = Employee(
        company=company, number=number, login=login, name=f"员工{number}", department=home, manager=manager
    )
    person.set_unusable_password()
    return person

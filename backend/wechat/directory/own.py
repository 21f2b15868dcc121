"""What we hold of a directory, loaded for a comparison; all of it, or the little that one member touches."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from backend.directory.models import Company, Department, Employee, Identity
from backend.directory.selectors import employees_with
from backend.wechat.directory.models import DepartmentLink, DirectoryConflict, MemberLink, WecomDirectory
from backend.wechat.members import e164


@dataclass(slots=True)
class Own:
    directory: WecomDirectory
    company: Company
    root_id: UUID
    departments: dict[UUID, Department]
    parties: dict[int, DepartmentLink]
    employees: dict[UUID, Employee]
    """Those that may be meant; of an inactive one only the links matter."""
    members: dict[str, MemberLink]
    identities: dict[str, Identity]
    decisions: dict[tuple[str, str], str]
    managers: dict[UUID, UUID | None]
    """Of the whole company: who reports to whom."""
    administrators: frozenset[UUID]

    def by_number(self) -> dict[str, Employee]:
        return {employee.number.lower(): employee for employee in self.employees.values()}

    def by_phone(self) -> dict[str, Employee]:
        return {e164(person.phone): person for person in self.employees.values() if person.phone and person.is_active}


def load(directory: WecomDirectory, *, keys: Iterable[str] | None = None, phones: Iterable[str] = ()) -> Own:
    """Everything, or what concerns the members of these keys and phones (in E.164) only."""
    company = Company.objects.get(pk=directory.company_id)
    departments = {row.pk: row for row in Department.objects.filter(company=company)}
    parties = {link.external_id: link for link in directory.departments.all()}
    identities = Identity.objects.filter(provider=Identity.Provider.WECOM, tenant=directory.corp_id)
    members, people = directory.members.all(), Employee.objects.filter(company=company)
    if keys is not None:
        wanted = set(keys) | {key for link in parties.values() for key in link.leaders}
        members, identities = members.filter(user_key__in=wanted), identities.filter(subject_key__in=wanted)
        meant = Q(pk__in=members.values("employee")) | Q(pk__in=identities.values("employee"))
        logins = [f"{company.code}/{key}" for key in wanted]
        people = people.filter(meant | Q(login__in=logins) | Q(phone__in=[*_spellings(phones)]))
    # That two are different people holds for ever; that a dismissed one may come back, for this time.
    holds = Q(gone_at=None) | Q(decision=DirectoryConflict.Decision.OTHER_PERSON)
    decided = DirectoryConflict.objects.filter(holds, directory=directory).exclude(decision="")
    return Own(
        directory=directory,
        company=company,
        root_id=_root(departments.values()),
        departments=departments,
        parties=parties,
        employees={row.pk: row for row in people},
        members={link.user_key: link for link in members},
        identities={identity.subject_key: identity for identity in identities},
        decisions={(kind, key): said for kind, key, said in decided.values_list("kind", "user_key", "decision")},
        managers=dict(Employee.objects.filter(company=company).values_list("pk", "manager_id")),
        administrators=frozenset(
            employees_with(company_id=company.pk, capability="directory.manage").values_list("pk", flat=True)
        ),
    )


def _root(departments: Iterable[Department]) -> UUID:
    tops = sorted((row for row in departments if row.parent_id is None), key=lambda row: (row.code != "root", row.code))
    return tops[0].pk


def _spellings(phones: Iterable[str]) -> Iterable[str]:
    for phone in phones:
        yield from (phone, phone.removeprefix("+"), phone.removeprefix("+86"))

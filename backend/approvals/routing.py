"""Who stands on a document's way: from the steps of its flow to the people who are asked.

For one step, in this order:

1. The step's source names people. Who has left the company does not count, and neither does the submitter.
2. If that leaves nobody, the step escalates to the manager of the submitter's manager; if there is none, to the role
   `administrator`, any one of whom may decide.
3. If that leaves nobody either, NoApprover: the document stays where it is. Nobody approves his own document.
4. Whoever has approved an earlier step is not asked again (审批人去重, as WeCom and DingTalk do by default). If that
   leaves nobody, the step is passed over and the route says so.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypedDict
from uuid import UUID

from backend.approvals import rules
from backend.approvals.models import FlowVersion
from backend.approvals.registry import DocumentType
from backend.core.errors import Conflict
from backend.core.text import bilingual
from backend.directory import selectors as directory
from backend.directory.models import Department, Employee
from backend.documents.models import Document

LAST_RESORT = "administrator"
HEAD_ROLE = "manager"


class NoFlow(Conflict):
    code = "no_flow"
    message = bilingual(
        "尚未为此类单据设置审批流程，请联系管理员。", "No approval flow is set up for this type of document."
    )


class NoApprover(Conflict):
    code = "no_approver"
    message = bilingual("找不到可审批的人，请联系管理员。", "Nobody can approve this. Ask an administrator.")


class Person(TypedDict):
    id: str
    name: str


class Stop(TypedDict):
    """A step on one document's route, as kept in `Approval.route`."""

    key: str
    name_zh: str
    name_en: str
    source: str
    value: str
    mode: str
    people: list[Person]
    escalated: bool
    passed_over: bool


def plan(*, kind: DocumentType, document: Document) -> tuple[FlowVersion, list[Stop]]:
    """The present flow and the steps this document must take, with the people expected at each.

    Raises NoFlow, or NoApprover for a step that nobody could decide.
    """
    version = (
        FlowVersion.objects.filter(
            flow__company_id=document.company_id, flow__document_type=kind.label, flow__is_active=True
        )
        .order_by("-number")
        .first()
    )
    if version is None:
        raise NoFlow()
    submitter = submitter_of(document.owner_id)
    steps = rules.applicable(rules.read(version.definition), kind.facts(document))
    return version, [staffed(_stop(step), submitter=submitter) for step in steps]


def submitter_of(employee_id: UUID) -> Employee:
    return Employee.objects.select_related("manager__manager").get(pk=employee_id)


def staffed(stop: Stop, *, submitter: Employee) -> Stop:
    """The stop with the people who are to be asked as things are now. Raises NoApprover."""
    people = _able(_SOURCES[stop["source"]](submitter, stop["value"]), submitter)
    escalated = not people
    if escalated:
        people = _escalated(submitter)
    if not people:
        raise NoApprover(step=stop["key"])
    named: list[Person] = [{"id": str(person.pk), "name": person.name} for person in people]
    return {**stop, "people": named, "escalated": escalated}


def without(stop: Stop, employee_ids: set[UUID]) -> Stop:
    """The stop without those who have approved already; passed over where that leaves nobody."""
    people = [person for person in stop["people"] if UUID(person["id"]) not in employee_ids]
    return {**stop, "people": people, "passed_over": not people}


def needs_all(stop: Stop) -> bool:
    return stop["mode"] == "all" and not stop["escalated"]


def _stop(step: rules.Step) -> Stop:
    return {
        "key": step.key,
        "name_zh": step.name_zh,
        "name_en": step.name_en,
        "source": step.source,
        "value": step.value,
        "mode": step.mode,
        "people": [],
        "escalated": False,
        "passed_over": False,
    }


def _able(people: Iterable[Employee | None], submitter: Employee) -> list[Employee]:
    return [person for person in people if person is not None and person.is_active and person.pk != submitter.pk]


def _escalated(submitter: Employee) -> list[Employee]:
    manager = submitter.manager
    return _able([manager.manager if manager else None], submitter) or _able(
        _with_role(submitter, LAST_RESORT), submitter
    )


def _direct_manager(submitter: Employee, _: str) -> list[Employee | None]:
    return [submitter.manager]


def _department_head(submitter: Employee, _: str) -> list[Employee]:
    """Managers in the submitter's department, or else in the nearest department above that has one besides himself."""
    managers = _able(_with_role(submitter, HEAD_ROLE), submitter)
    parents = dict(Department.objects.filter(company_id=submitter.company_id).values_list("pk", "parent_id"))
    here: UUID | None = submitter.department_id
    while here is not None:
        if heads := [person for person in managers if person.department_id == here]:
            return heads
        here = parents.pop(here, None)  # popped, so that departments moved into a circle end the search
    return []


def _with_role(submitter: Employee, code: str) -> Iterable[Employee]:
    return directory.employees_with_role(company_id=submitter.company_id, role_code=code)


def _person(submitter: Employee, employee_id: str) -> Iterable[Employee]:
    return Employee.objects.filter(pk=employee_id, company_id=submitter.company_id)


_SOURCES: dict[str, Callable[[Employee, str], Iterable[Any]]] = {
    "direct_manager": _direct_manager,
    "department_head": _department_head,
    "role": _with_role,
    "person": _person,
}

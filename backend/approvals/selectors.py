from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet

from backend.approvals import registry, routing
from backend.approvals.models import Approval, Decision, Task, stood_in_for
from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee


class Box(StrEnum):
    TODO = "todo"
    DONE = "done"
    SUBMITTED = "submitted"


BOX_ORDER = {Box.TODO: "submitted_at", Box.DONE: "decided_at", Box.SUBMITTED: "submitted_at"}
"""By which time each box is newest first."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the route and how it stands: passed, passed_over, current, upcoming, rejected, withdrawn or
    not_reached. A step that nobody was asked about has `expected` people instead of tasks."""

    stop: routing.Stop
    state: str
    tasks: Sequence[Task]
    expected: Sequence[routing.Person]


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did: submitted, approved, rejected or withdrawn."""

    kind: str
    step: str | None
    by: Employee
    on_behalf_of: Employee | None
    opinion: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Screen:
    approval: Approval
    stages: list[Stage]
    history: list[Entry]
    actions: list[str]
    on_behalf_of: list[Employee]
    """In whose name the actor may decide now, besides his own."""
    blocks: dict[str, Any]


def list_approvals(*, actor: Actor, box: Box) -> QuerySet[Approval]:
    """What waits for the actor or for whom he stands in for, what he has decided, or what he has submitted; newest
    first by `BOX_ORDER`.

    Each row's `open_tasks` are the people it waits for. Whoever has a task or has submitted sees the approval, so
    these need no `visible_to`, which would read every approval the actor was ever shown.
    """
    rows: QuerySet[Approval] = Approval.objects.filter(company_id=actor.company_id)
    match box:
        case Box.TODO:
            rows = rows.filter(pk__in=_waiting_for(actor, "approval_id"))
        case Box.DONE:
            rows = rows.filter(tasks__decision__by_id=actor.person_id).annotate(decided_at=F("tasks__decision__at"))
            mine = Decision.objects.filter(by_id=actor.person_id, task__approval=OuterRef("pk"))
            rows = rows.exclude(Exists(mine.filter(at__gt=OuterRef("decided_at"))))  # decided twice, listed once
        case Box.SUBMITTED:
            rows = rows.filter(owner_id=actor.person_id)
    waiting = Task.objects.filter(closed_at=None).select_related("employee").order_by("id")
    return (
        rows.select_related("owner")
        .prefetch_related(Prefetch("tasks", waiting, to_attr="open_tasks"))
        .order_by(f"-{BOX_ORDER[box]}", "-id")
    )


def open_task_count(*, actor: Actor) -> int:
    """How many decisions wait for the actor or for whom he stands in for."""
    return _waiting_for(actor, "pk").count()


def _waiting_for(actor: Actor, field: str) -> QuerySet[Task, Any]:
    """This field of his open tasks and of those he may decide in another's name; each part has its index."""
    mine = Task.objects.filter(employee_id=actor.person_id, closed_at=None)
    delegated = stood_in_for(delegate_id=actor.person_id, at=clock.now())
    both: QuerySet[Task, Any] = mine.values(field).union(delegated.values(field))
    return both


def preview(*, actor: Actor, document_type: str, document_id: UUID) -> list[routing.Stop]:
    """The way a visible document would take if its owner submitted it now.

    Raises NotFound, routing.NoFlow and routing.NoApprover.
    """
    kind = registry.get(document_type)
    _, route = routing.plan(kind=kind, document=kind.model.objects.get_visible(actor, document_id))
    return route


def decision_screen(*, actor: Actor, approval_id: UUID) -> Screen:
    """Everything needed to decide. `blocks` is empty for who sees the approval but not its document; who may decide in
    another's name sees the document for that."""
    approval, tasks = _with_tasks(actor, approval_id)
    on_behalf_of = _on_behalf_of(actor, approval, tasks)
    kind = registry.get(approval.document_type)
    documents = kind.model.objects.filter(company_id=actor.company_id)
    rows: Any = documents if on_behalf_of else kind.model.objects.visible_to(actor)
    document = rows.select_related(*kind.related).filter(pk=approval.document_id).first()
    return Screen(
        approval=approval,
        stages=_stages(approval, tasks),
        history=_history(approval, tasks),
        actions=_actions(actor, approval, tasks, on_behalf_of),
        on_behalf_of=on_behalf_of,
        blocks=kind.screen(actor=actor, document=document) if document else {},
    )


def history(*, actor: Actor, approval_id: UUID) -> list[Entry]:
    """What was done, oldest first."""
    return _history(*_with_tasks(actor, approval_id))


def _on_behalf_of(actor: Actor, approval: Approval, tasks: list[Task]) -> list[Employee]:
    """No query where nobody else is asked."""
    others = {task.pk: task.employee for task in tasks if task.is_open and task.employee_id != actor.employee_id}
    if not others or approval.owner_id == actor.employee_id:
        return []
    found = stood_in_for(delegate_id=actor.person_id, at=clock.now()).filter(pk__in=others).order_by("pk")
    return [others[pk] for pk in found.values_list("pk", flat=True)]


def _with_tasks(actor: Actor, approval_id: UUID) -> tuple[Approval, list[Task]]:
    approval = Approval.objects.select_related("owner").get_visible(actor, approval_id)
    tasks = approval.tasks.select_related("employee", "decision__by", "decision__on_behalf_of").order_by("step", "id")
    return approval, list(tasks)


def _stages(approval: Approval, tasks: list[Task]) -> list[Stage]:
    stages = []
    for number, stop in enumerate(approval.route):
        asked = [task for task in tasks if task.step == number]
        expected = [] if asked or stop["passed_over"] else stop["people"]
        stages.append(Stage(stop=stop, state=_state(approval, number, stop), tasks=asked, expected=expected))
    return stages


def _state(approval: Approval, number: int, stop: routing.Stop) -> str:
    if stop["passed_over"]:
        return "passed_over"
    if number < approval.step:
        return "passed"
    if number > approval.step:
        return "upcoming" if approval.is_pending else "not_reached"
    return {
        Approval.Status.PENDING: "current",
        Approval.Status.APPROVED: "passed",
        Approval.Status.REJECTED: "rejected",
        Approval.Status.WITHDRAWN: "withdrawn",
    }[Approval.Status(approval.status)]


def _history(approval: Approval, tasks: list[Task]) -> list[Entry]:
    entries = [Entry("submitted", None, approval.owner, None, "", approval.submitted_at)]
    decisions = [task.decision for task in tasks if task.is_decided]
    for decision in sorted(decisions, key=lambda each: each.pk):
        step = approval.route[decision.task.step]["key"]
        entries.append(Entry(decision.verdict, step, decision.by, decision.on_behalf_of, decision.opinion, decision.at))
    if approval.status == Approval.Status.WITHDRAWN and approval.finished_at is not None:
        entries.append(Entry("withdrawn", None, approval.owner, None, "", approval.finished_at))
    return entries


def _actions(actor: Actor, approval: Approval, tasks: list[Task], on_behalf_of: list[Employee]) -> list[str]:
    actions = []
    if on_behalf_of or any(task.is_open and task.employee_id == actor.employee_id for task in tasks):
        actions += ["approve", "reject"]
    if approval.is_pending and approval.owner_id == actor.employee_id:
        actions.append("withdraw")
    return actions

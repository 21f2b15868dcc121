"""What a handover moves of approvals: what waits for somebody's decision. What he has decided stays his word."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from backend.approvals.models import Approval, Task
from backend.core.text import bilingual
from backend.directory.holdings import Case, Holding, Moved, Why
from backend.directory.models import Employee
from backend.directory.models.handovers import HandoverItem
from backend.documents.holdings import hide, show
from backend.events import services as events

TYPE = Approval._meta.label_lower


def _open_tasks(leaver: Employee, at: datetime) -> QuerySet[Task]:
    rows = Task.objects.filter(company_id=leaver.company_id, employee_id=leaver.pk, closed_at=None)
    return rows.select_related("approval")


def _lock_approvals(leaver: Employee, at: datetime) -> None:
    """As every decision does, so that it comes wholly before or wholly after."""
    _lock(_open_tasks(leaver, at).values_list("approval_id", flat=True))


def _lock(approval_ids: Any) -> None:
    rows = Approval.objects.filter(pk__in=list(approval_ids)).select_for_update(of=("self",))
    list(rows.order_by("pk").values_list("pk"))


def _obstacles(*, rows: Sequence[Task], successor: Employee) -> dict[Any, Why]:
    """Nobody approves his own document, and nobody counts twice in one step."""
    asked = set(
        Task.objects.filter(employee=successor, approval__in=[task.approval_id for task in rows]).values_list(
            "approval_id", "step"
        )
    )
    found: dict[Any, Why] = {}
    for task in rows:
        if task.approval.owner_id == successor.pk:
            found[task.pk] = Why.OWN_SUBMISSION
        elif (task.approval_id, task.step) in asked:
            found[task.pk] = Why.ALREADY_ASKED
    return found


def _move(*, case: Case, rows: Sequence[Task], successor: Employee) -> list[Moved]:
    Task.objects.filter(pk__in=[task.pk for task in rows]).update(employee=successor)
    approvals = [task.approval for task in rows]
    documents = {(approval.document_type, approval.document_id) for approval in approvals}
    shown = show({(TYPE, approval.pk) for approval in approvals} | documents, successor)
    moved = []
    for task in rows:
        about = [(TYPE, task.approval_id), (task.approval.document_type, task.approval.document_id)]
        new = [[label, str(pk)] for label, pk in about if (label, pk) in shown]
        after = {"employee_id": str(successor.pk), "shown": new}
        moved.append(Moved(task.pk, task.approval.title, {"employee_id": str(case.leaver.pk)}, after))
    _tell(case, "approval.handed_over", approvals, case.leaver.pk, successor.pk)
    return moved


def _put_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
    ids = [int(item.row_id) for item in items]
    _lock(Task.objects.filter(pk__in=ids).values_list("approval_id", flat=True))
    tasks = {str(task.pk): task for task in Task.objects.filter(pk__in=ids).select_related("approval")}
    asked = set(Task.objects.filter(employee=case.leaver).values_list("approval_id", "step"))
    stay: dict[int, Why] = {}
    back: dict[UUID, list[Task]] = {}
    for item in items:
        task = tasks[item.row_id]
        if str(task.employee_id) != item.after["employee_id"]:
            stay[item.pk] = Why.MOVED_ON
        elif not task.is_open:
            stay[item.pk] = Why.CLOSED
        elif (task.approval_id, task.step) in asked:
            stay[item.pk] = Why.ALREADY_ASKED
        else:
            back.setdefault(item.successor_id, []).append(task)
            hide(item.after["shown"], item.successor_id)
    for successor_id, given in back.items():
        Task.objects.filter(pk__in=[task.pk for task in given]).update(employee=case.leaver)
        _tell(case, "approval.handed_back", [task.approval for task in given], successor_id, case.leaver.pk)
    return stay


def _tell(case: Case, name: str, approvals: Sequence[Approval], old: UUID, new: UUID) -> None:
    ids = {approval.pk for approval in approvals}
    Approval.objects.filter(pk__in=ids).update(version=F("version") + 1, updated_at=case.at)
    data = {
        "before": {"approver_id": str(old)},
        "after": {"approver_id": str(new)},
        "handover_id": str(case.handover_id),
    }
    facts = ((approval, {**data, "title": approval.title}) for approval in approvals)
    events.record_many(name, facts, actor=case.actor, at=case.at)


TASKS = Holding(
    key="tasks",
    name=bilingual("待审批", "Decisions that wait for him"),
    order=10,
    rows=_open_tasks,
    move=_move,
    put_back=_put_back,
    label=lambda task: task.approval.title,
    obstacles=_obstacles,
    lock_first=_lock_approvals,
)

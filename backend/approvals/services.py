"""The verbs of an approval. Each locks the approval first and its document second.

Deciding needs no capability: who is asked may decide, and nobody else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from backend.approvals import registry, routing, rules
from backend.approvals.models import TITLE_LENGTH, Approval, Decision, Flow, FlowVersion, Task, stood_in_for
from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.text import bilingual
from backend.directory import standing_in as directory
from backend.documents.models import Document
from backend.events import services as events

Status = Approval.Status
Verdict = Decision.Verdict


class AlreadyDecided(Conflict):
    """`decided_by`, `decision` and `decided_at` say what came first."""

    code = "already_decided"
    message = bilingual("该审批已处理。", "This has been decided already.")


class AlreadyWithdrawn(Conflict):
    code = "approval_withdrawn"
    message = bilingual("提交人已撤回。", "The submitter has withdrawn this.")


class NotAsked(Forbidden):
    code = "not_asked"
    message = bilingual("您不是当前审批人。", "You are not asked to decide this.")


class NotTheSubmitter(Forbidden):
    code = "not_the_submitter"
    message = bilingual("只有提交人可以这样做。", "Only the submitter may do this.")


class OpinionRequired(Invalid):
    code = "opinion_required"
    message = bilingual("请填写驳回意见。", "Say why you reject this.")


@transaction.atomic
def publish_flow(*, actor: Actor, document_type: str, name: str, steps: Iterable[Mapping[str, Any]]) -> FlowVersion:
    """What documents of this type submitted from now on go through; running approvals keep the version they began
    with. Publishing what already holds changes nothing. Raises rules.InvalidFlow, and NotFound for an unknown type."""
    actor.require("directory.manage")
    kind = registry.get(document_type)
    definition = [dict(step) for step in steps]
    rules.read(definition)
    flow, _ = Flow.objects.select_for_update().get_or_create(
        company_id=actor.company_id, document_type=kind.label, is_active=True, defaults={"name": name}
    )
    present = flow.versions.order_by("-number").first()
    if present is not None and present.definition == definition and flow.name == name:
        return present
    if flow.name != name:
        flow.name = name
        flow.save(update_fields=["name"])
    version = FlowVersion.objects.create(
        company_id=actor.company_id, flow=flow, number=present.number + 1 if present else 1, definition=definition
    )
    events.record("flow.published", flow, actor=actor, name=name, number=version.number)
    return version


@transaction.atomic
def ensure_default_flows(*, actor: Actor) -> None:
    """Give every registered document type that has no active flow in this company its default one. Repeatable."""
    actor.require("directory.manage")
    there = set(
        Flow.objects.filter(company_id=actor.company_id, is_active=True).values_list("document_type", flat=True)
    )
    for kind in registry.registered():
        if kind.label not in there:
            publish_flow(actor=actor, document_type=kind.label, name=str(kind.name), steps=kind.default_steps)


@transaction.atomic
def submit(*, actor: Actor, document: Document, at: datetime) -> Approval:
    """Start the document on its way; the pending approval where it already is on it.

    Runs inside the caller's transaction, which holds the document's lock. Only its owner submits a document. Raises
    routing.NoFlow and routing.NoApprover.
    """
    if document.owner_id != actor.person_id:
        raise NotTheSubmitter()
    kind = registry.get(document._meta.label_lower)
    running = Approval.objects.filter(document_type=kind.label, document_id=document.pk, status=Status.PENDING).first()
    if running is not None:
        return running
    version, route = routing.plan(kind=kind, document=document)
    approval = Approval.objects.create(
        company_id=document.company_id,
        owner_id=document.owner_id,
        department_id=document.department_id,
        flow_version=version,
        document_type=kind.label,
        document_id=document.pk,
        title=kind.title(document)[:TITLE_LENGTH],
        summary=dict(kind.summary(document)),
        route=route,
        submitted_at=at,
    )
    _ask(actor, approval, document, at)
    return approval


@transaction.atomic
def approve(
    *, actor: Actor, approval_id: UUID, opinion: str = "", on_behalf_of: UUID | None = None, at: datetime
) -> Approval:
    """Agree to what the actor is asked, or in the name of a colleague he stands in for; his repeated agreement returns
    the present state.

    In whose name is always said: a repeated request must never decide for one person more. Raises NotAsked,
    AlreadyWithdrawn, AlreadyDecided, and routing.NoApprover where the next step has nobody.
    """
    return _decide(actor, approval_id, Verdict.APPROVED, opinion.strip(), on_behalf_of, at)


@transaction.atomic
def reject(
    *, actor: Actor, approval_id: UUID, opinion: str, on_behalf_of: UUID | None = None, at: datetime
) -> Approval:
    """One refusal ends the approval, in an all-sign step too. Raises OpinionRequired and as `approve` does."""
    if not opinion.strip():
        raise OpinionRequired(fields={"opinion": OpinionRequired.message})
    return _decide(actor, approval_id, Verdict.REJECTED, opinion.strip(), on_behalf_of, at)


@transaction.atomic
def withdraw(*, actor: Actor, approval_id: UUID, at: datetime) -> Approval:
    """The submitter takes it back while it is pending. Twice is once. Raises NotTheSubmitter and AlreadyDecided."""
    approval = Approval.objects.select_related("owner").get_visible(actor, approval_id, lock=True)
    if approval.owner_id != actor.employee_id:
        raise NotTheSubmitter()
    if approval.status == Status.WITHDRAWN:
        return approval
    if not approval.is_pending:
        raise _already_decided(Decision.objects.filter(task__approval=approval))
    _cancel_open_tasks(approval, at)
    _finish(actor, approval, Status.WITHDRAWN, "", at)
    return approval


def _decide(
    actor: Actor, approval_id: UUID, verdict: Verdict, opinion: str, on_behalf_of: UUID | None, at: datetime
) -> Approval:
    approval, tasks = _locked(actor, approval_id)
    if on_behalf_of == actor.employee_id:
        on_behalf_of = None
    asked = on_behalf_of or actor.employee_id
    task = next((task for task in reversed(tasks) if task.employee_id == asked), None)
    if task is None or (on_behalf_of and not _may_stand_in(actor, task, at)):
        Approval.objects.get_visible(actor, approval_id)  # NotFound for whom it is hidden from
        raise NotAsked()
    if not task.is_open:
        return _repeated(actor, approval, task, verdict)

    if on_behalf_of:
        actor = replace(actor, on_behalf_of_id=on_behalf_of)
        approval.show_to([actor.person_id])  # what he has decided stays in his box
        events.record(
            "approval.decided_on_behalf",
            approval,
            actor=actor,
            at=at,
            title=approval.title,
            outcome=verdict.value,
            opinion=opinion,
        )
    task.status, task.closed_at = Task.Status(verdict), at
    task.save(update_fields=["status", "closed_at"])
    source = origin()
    Decision.objects.create(
        company_id=approval.company_id,
        task=task,
        by_id=actor.person_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        verdict=verdict,
        opinion=opinion,
        at=at,
        address=source.address[:64],
        device=source.device[:128],
    )
    others_open = any(other.is_open for other in tasks)
    if verdict == Verdict.APPROVED and others_open and routing.needs_all(approval.route[task.step]):
        approval.change()
        _signed(actor, approval, opinion, at)
        return approval
    if others_open:
        _cancel_open_tasks(approval, at)
    if verdict == Verdict.REJECTED:
        _finish(actor, approval, Status.REJECTED, opinion, at)
    else:
        approved = {each.employee_id for each in tasks if each.status == Task.Status.APPROVED}
        _proceed(actor, approval, approved, opinion, at)
    return approval


def _may_stand_in(actor: Actor, task: Task, at: datetime) -> bool:
    """Now, or when he decided it: his repeated request may come after the last day."""
    if task.is_open:
        return stood_in_for(delegate_id=actor.person_id, at=at).filter(pk=task.pk).exists()
    return Decision.objects.filter(task=task, by_id=actor.person_id).exists() or any(
        delegate.pk == actor.employee_id
        for delegate in directory.delegates_of(
            employee_ids=[task.employee_id], document_type=task.approval.document_type, at=at
        ).values()
    )


def _locked(actor: Actor, approval_id: UUID) -> tuple[Approval, list[Task]]:
    """The approval and its tasks in order. Who has a task was shown the approval, so `visible_to`, half the cost of a
    decision, is left to whoever has none."""
    approval = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk=approval_id, company_id=actor.company_id)
        .first()
    )
    if approval is None:
        raise NotFound()
    return approval, list(approval.tasks.order_by("step", "id"))


def _repeated(actor: Actor, approval: Approval, task: Task, verdict: Verdict) -> Approval:
    """A lost reply made the phone ask again, or somebody was faster: perhaps his delegate."""
    said = Decision.objects.filter(task=task, verdict=verdict, by_id=actor.person_id)
    if task.status == Task.Status(verdict) and said.exists():
        return approval
    if task.status != Task.Status.CANCELLED:
        raise _already_decided(Decision.objects.filter(task=task))
    if approval.status == Status.WITHDRAWN:
        raise AlreadyWithdrawn()
    raise _already_decided(Decision.objects.filter(task__approval=approval, task__step=task.step))


def _already_decided(decisions: QuerySet[Decision]) -> AlreadyDecided:
    decision = decisions.select_related("by").order_by("-id")[0]
    return AlreadyDecided(
        decided_by={"id": decision.by_id, "name": decision.by.name},
        decision=decision.verdict,
        decided_at=decision.at,
    )


def _proceed(actor: Actor, approval: Approval, approved: set[UUID], opinion: str, at: datetime) -> None:
    """To the next step that has somebody to ask, or to the end."""
    for step in range(approval.step + 1, len(approval.route)):
        submitter = routing.submitter_of(approval.owner_id)
        stop = routing.without(routing.staffed(approval.route[step], submitter=submitter), approved)
        approval.route[step] = stop
        if not stop["passed_over"]:
            _signed(actor, approval, opinion, at)
            approval.change(route=approval.route, step=step)
            _ask(actor, approval, _document(approval), at)
            return
    _finish(actor, approval, Status.APPROVED, opinion, at)


def _ask(actor: Actor, approval: Approval, document: Document, at: datetime) -> None:
    asked = [UUID(person["id"]) for person in approval.route[approval.step]["people"]]
    Task.objects.bulk_create(
        Task(
            company_id=approval.company_id,
            approval=approval,
            step=approval.step,
            employee_id=employee_id,
            opened_at=at,
        )
        for employee_id in asked
    )
    approval.show_to(asked)
    document.show_to(asked)
    events.record(
        "approval.requested",
        approval,
        actor=actor,
        at=at,
        title=approval.title,
        approvers=[str(employee_id) for employee_id in asked],
    )


def _signed(actor: Actor, approval: Approval, opinion: str, at: datetime) -> None:
    """An agreement that does not end the approval; the one that does is `approval.approved`."""
    step = approval.route[approval.step]["key"]
    events.record("approval.signed", approval, actor=actor, at=at, title=approval.title, step=step, opinion=opinion)


def _cancel_open_tasks(approval: Approval, at: datetime) -> None:
    approval.tasks.filter(status=Task.Status.OPEN).update(status=Task.Status.CANCELLED, closed_at=at)


def _finish(actor: Actor, approval: Approval, status: Status, opinion: str, at: datetime) -> None:
    approval.change(status=status, finished_at=at, route=approval.route)
    kind = registry.get(approval.document_type)
    settle = {
        Status.APPROVED: kind.on_approved,
        Status.REJECTED: kind.on_rejected,
        Status.WITHDRAWN: kind.on_withdrawn,
    }[status]
    settle(actor=actor, document=_document(approval), at=at)
    events.record(f"approval.{status}", approval, actor=actor, at=at, title=approval.title, opinion=opinion)


def _document(approval: Approval) -> Document:
    """Locked. Not through `visible_to`: being asked is the right to settle it."""
    model = registry.get(approval.document_type).model
    document: Document = model.objects.select_for_update().get(pk=approval.document_id)
    return document

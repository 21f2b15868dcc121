from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Router

from backend.approvals import selectors, services
from backend.approvals.models import Approval, Task
from backend.approvals.selectors import BOX_ORDER, Box
from backend.core import clock
from backend.directory.models import Employee
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.paging import page
from mobile_api.schemas.approvals import (
    ApprovalOut,
    ApprovalsOut,
    DecisionScreenOut,
    HistoryOut,
    OpinionIn,
    PreviewIn,
    PreviewOut,
)
from mobile_api.schemas.base import Cursor, Limit

router = Router(tags=["approvals"])
NO_OPINION = OpinionIn()


@router.get("", response=ApprovalsOut)
def list_approvals(request: Request, box: Box, limit: Limit = 20, cursor: Cursor | None = None) -> HttpResponseBase:
    rows = selectors.list_approvals(actor=request.auth, box=box)
    return json_reply(request, page(rows, by=BOX_ORDER[box], limit=limit, cursor=cursor, show=_item))


@router.post("/preview", response=PreviewOut)
def preview(request: Request, body: PreviewIn) -> Any:
    route = selectors.preview(actor=request.auth, document_type=body.document_type, document_id=body.document_id)
    return {"route": route}


@router.get("/{uuid:approval_id}", response=DecisionScreenOut)
def get_approval(request: Request, approval_id: UUID) -> HttpResponseBase:
    """The decision screen in one call. Its ETag is of the content: evidence changes without the approval's version."""
    screen = selectors.decision_screen(actor=request.auth, approval_id=approval_id)
    body = {
        **_approval(screen.approval),
        "route": [_stage(stage) for stage in screen.stages],
        "history": [_entry(entry) for entry in screen.history],
        "actions": screen.actions,
        "on_behalf_of": [_person(employee) for employee in screen.on_behalf_of],
        "blocks": screen.blocks,
    }
    return json_reply(request, body)


@router.get("/{uuid:approval_id}/history", response=HistoryOut)
def history(request: Request, approval_id: UUID) -> Any:
    entries = selectors.history(actor=request.auth, approval_id=approval_id)
    return {"items": [_entry(entry) for entry in entries]}


@router.post("/{uuid:approval_id}/approve", response=ApprovalOut)
def approve(request: Request, approval_id: UUID, body: OpinionIn = NO_OPINION) -> Any:
    return _approval(services.approve(actor=request.auth, approval_id=approval_id, at=clock.now(), **body.model_dump()))


@router.post("/{uuid:approval_id}/reject", response=ApprovalOut)
def reject(request: Request, approval_id: UUID, body: OpinionIn = NO_OPINION) -> Any:
    return _approval(services.reject(actor=request.auth, approval_id=approval_id, at=clock.now(), **body.model_dump()))


@router.post("/{uuid:approval_id}/withdraw", response=ApprovalOut)
def withdraw(request: Request, approval_id: UUID) -> Any:
    return _approval(services.withdraw(actor=request.auth, approval_id=approval_id, at=clock.now()))


def _approval(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.pk,
        "version": approval.version,
        "document_type": approval.document_type,
        "document_id": approval.document_id,
        "title": approval.title,
        "summary": approval.summary,
        "status": approval.status,
        "step": approval.route[approval.step]["key"],
        "submitter": _person(approval.owner),
        "submitted_at": approval.submitted_at,
        "finished_at": approval.finished_at,
    }


def _item(approval: Approval) -> dict[str, Any]:
    tasks: list[Task] = approval.open_tasks  # type: ignore[attr-defined]  # prefetched by the selector
    return {**_approval(approval), "waiting_for": [_person(task.employee) for task in tasks]}


def _person(employee: Employee) -> dict[str, Any]:
    return {"id": employee.pk, "name": employee.name}


def _stage(stage: selectors.Stage) -> dict[str, Any]:
    asked = [
        {
            **_person(task.employee),
            "state": task.status,
            "decided_at": task.closed_at if task.is_decided else None,
            "opinion": task.decision.opinion if task.is_decided else "",
        }
        for task in stage.tasks
    ]
    expected = [{**person, "state": "expected", "decided_at": None, "opinion": ""} for person in stage.expected]
    return {
        "key": stage.stop["key"],
        "name_zh": stage.stop["name_zh"],
        "name_en": stage.stop["name_en"],
        "mode": stage.stop["mode"],
        "state": stage.state,
        "escalated": stage.stop["escalated"],
        "people": asked + expected,
    }


def _entry(entry: selectors.Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "step": entry.step,
        "by": _person(entry.by),
        "on_behalf_of": _person(entry.on_behalf_of) if entry.on_behalf_of else None,
        "opinion": entry.opinion,
        "at": entry.at,
    }

from typing import Any
from uuid import UUID

from ninja import Router, Status

from backend.core import clock
from backend.directory import handing_over, holdings
from backend.directory.handing_over import Group, Plan
from backend.directory.models import Employee, Handover, HandoverItem
from backend.directory.services import handovers
from mobile_api.auth import Request
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Key, Limit
from mobile_api.schemas.handovers import (
    HandoverIn,
    HandoverItemsOut,
    HandoverOut,
    HandoverPlanIn,
    HandoverPreviewOut,
    HandoversOut,
    Outcome,
)

router = Router(tags=["directory"])


@router.post("/preview", response=HandoverPreviewOut)
def preview(request: Request, body: HandoverPlanIn) -> Any:
    """What a handover would move now; nothing is moved."""
    shown = handing_over.preview(actor=request.auth, plan=Plan(**body.as_plan()), at=clock.now())
    return {
        "leaver": _person(shown.leaver),
        "groups": [_group(group) for group in shown.groups],
        "warnings": [
            {"code": warning.code, "text": str(warning.text), "count": warning.count} for warning in shown.warnings
        ],
    }


@router.get("", response=HandoversOut)
def list_handovers(request: Request, limit: Limit = 20, cursor: Cursor | None = None) -> Any:
    rows = handing_over.list_handovers(actor=request.auth)
    return page(rows, by="created_at", limit=limit, cursor=cursor, show=_row)


@router.post("", response={200: HandoverOut, 201: HandoverOut})
def hand_over(request: Request, body: HandoverIn) -> Status[dict[str, Any]]:
    handover, created = handovers.hand_over(
        actor=request.auth, id=body.id, reason=body.reason, at=clock.now(), **body.as_plan()
    )
    return Status(201 if created else 200, _shown(handover))


@router.get("/{uuid:handover_id}", response=HandoverOut)
def get_handover(request: Request, handover_id: UUID) -> dict[str, Any]:
    return _shown(handing_over.get_handover(actor=request.auth, handover_id=handover_id))


@router.get("/{uuid:handover_id}/items", response=HandoverItemsOut)
def list_items(
    request: Request,
    handover_id: UUID,
    outcome: Outcome | None = None,
    kind: Key | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> Any:
    rows = handing_over.list_items(actor=request.auth, handover_id=handover_id, outcome=outcome, kind=kind)
    return page(rows, by="created_at", limit=limit, cursor=cursor, show=_item, pk_type=int)


@router.post("/{uuid:handover_id}/undo", response=HandoverOut)
def undo(request: Request, handover_id: UUID) -> dict[str, Any]:
    """What still is where the handover put it goes back; the rest is listed in `left`."""
    return _shown(handovers.undo(actor=request.auth, handover_id=handover_id, at=clock.now()))


def _group(group: Group) -> dict[str, Any]:
    parts = [
        {"successor": _person(part.successor), "count": len(part.rows), "kept": len(part.obstacles)}
        for part in group.parts
    ]
    holding = group.holding
    return {
        "kind": holding.key,
        "name": str(holding.name),
        "count": group.count,
        "samples": group.samples,
        "parts": parts,
    }


def _row(handover: Handover) -> dict[str, Any]:
    return {
        "id": handover.pk,
        "leaver": _person(handover.leaver),
        "successor": _person(handover.successor),
        "reason": handover.reason,
        "counts": handover.counts,
        "created_by": _person(handover.created_by) if handover.created_by else None,
        "created_at": handover.created_at,
        "undone_at": handover.undone_at,
    }


def _shown(handover: Handover) -> dict[str, Any]:
    return {
        **_row(handover),
        "outcomes": [
            {"kind": kind, "name": holdings.name_of(kind), **found}
            for kind, found in handing_over.outcomes(handover).items()
        ],
        "left": [_item(item) for item in handing_over.left_of(handover)],
    }


def _item(item: HandoverItem) -> dict[str, Any]:
    return {
        "id": item.pk,
        "kind": item.kind,
        "label": item.label,
        "successor": _person(item.successor),
        "outcome": item.outcome,
        "why": item.why,
        "reason": str(item.get_why_display()),
    }


def _person(employee: Employee) -> dict[str, Any]:
    return {"id": employee.pk, "name": employee.name}

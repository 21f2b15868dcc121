from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Router, Status

from backend.core import clock
from backend.directory import standing_in
from backend.directory.models import Employee
from backend.directory.models.delegations import Delegation
from backend.directory.services import delegations
from backend.directory.standing_in import Box
from mobile_api.auth import Request
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.delegations import DelegationIn, DelegationOut, DelegationsOut

router = Router(tags=["directory"])


@router.get("", response=DelegationsOut)
def list_delegations(request: Request, box: Box, limit: Limit = 20, cursor: Cursor | None = None) -> Any:
    rows, at = standing_in.list_delegations(actor=request.auth, box=box), clock.now()
    return page(rows, by="created_at", limit=limit, cursor=cursor, show=lambda row: _shown(row, at))


@router.post("", response={200: DelegationOut, 201: DelegationOut})
def delegate(request: Request, body: DelegationIn) -> Status[dict[str, Any]]:
    at = clock.now()
    delegation, created = delegations.delegate(actor=request.auth, at=at, **body.model_dump())
    return Status(201 if created else 200, _shown(delegation, at))


@router.post("/{uuid:delegation_id}/end", response=DelegationOut)
def end(request: Request, delegation_id: UUID) -> dict[str, Any]:
    at = clock.now()
    return _shown(delegations.end(actor=request.auth, delegation_id=delegation_id, at=at), at)


def _shown(delegation: Delegation, at: datetime) -> dict[str, Any]:
    return {
        "id": delegation.pk,
        "giver": _person(delegation.giver),
        "delegate": _person(delegation.delegate),
        "from_on": delegation.from_on,
        "to_on": delegation.to_on,
        "starts_at": delegation.starts_at,
        "ends_at": delegation.ends_at,
        "document_types": delegation.document_types,
        "reason": delegation.reason,
        "state": delegation.state(at),
        "created_at": delegation.created_at,
        "ended_at": delegation.ended_at,
    }


def _person(employee: Employee) -> dict[str, Any]:
    return {"id": employee.pk, "name": employee.name}

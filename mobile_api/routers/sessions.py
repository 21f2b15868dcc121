"""Where somebody is signed in, on which devices, and who tried to."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from backend.core import clock
from backend.directory import selectors
from backend.directory.models import Device, LoginRecord, Session
from backend.directory.services import devices, entry, sessions
from mobile_api.auth import Request
from mobile_api.paging import page
from mobile_api.schemas.auth import SignedInOut, signed_in
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.sessions import (
    ApprovalIn,
    DeviceOut,
    DevicesOut,
    LoginLogOut,
    LogoutEverywhereIn,
    SessionsOut,
)

router = Router(tags=["auth"])


@router.get("/sessions", response=SessionsOut)
def list_sessions(request: Request) -> dict[str, Any]:
    found = selectors.list_sessions(actor=request.auth, at=clock.now())
    return {"items": [_session(session, request) for session in found]}


@router.delete("/sessions/{session_id}", response={204: None})
def end_session(request: Request, session_id: UUID) -> Status[None]:
    sessions.end_session(actor=request.auth, session_id=session_id, at=clock.now())
    return Status(204, None)


@router.post("/logout-everywhere", response={204: None})
def log_out_everywhere(request: Request, body: LogoutEverywhereIn) -> Status[None]:
    sessions.log_out_everywhere(actor=request.auth, keep_this=body.keep_this, at=clock.now())
    return Status(204, None)


@router.get("/login-log", response=LoginLogOut)
def login_log(request: Request, limit: Limit = 20, cursor: Cursor | None = None) -> dict[str, Any]:
    found = selectors.list_logins(actor=request.auth)
    return page(found, by="at", limit=limit, cursor=cursor, show=_login, pk_type=int)


@router.get("/devices", response=DevicesOut)
def list_devices(request: Request) -> dict[str, Any]:
    return {"items": list(selectors.list_devices(actor=request.auth))}


@router.post("/devices/{device_id}/approve", response=DeviceOut)
def approve_device(request: Request, device_id: UUID) -> Device:
    return devices.approve(actor=request.auth, device_id=device_id, at=clock.now())


@router.delete("/devices/{device_id}", response={204: None})
def revoke_device(request: Request, device_id: UUID) -> Status[None]:
    """Refuses one that waits, and signs out one that is trusted."""
    devices.revoke(actor=request.auth, device_id=device_id, at=clock.now())
    return Status(204, None)


@router.post("/device-approval", response=SignedInOut, auth=None)
def enter_with_approval(request: HttpRequest, body: ApprovalIn) -> SignedInOut:
    """A new device asks whether it has been approved: 403 `device_approval_required` until it has."""
    return signed_in(entry.enter_with_approval(ticket=body.ticket, device_id=body.device_id, at=clock.now()))


def _session(session: Session, request: Request) -> dict[str, Any]:
    return {
        "id": session.pk,
        "device_name": session.device_name,
        "app": session.app,
        "door": session.door,
        "address": session.address,
        "created_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "current": session.pk == request.auth.session_id,
    }


def _login(record: LoginRecord) -> dict[str, Any]:
    return {
        "door": record.door,
        "outcome": record.outcome,
        "reason": record.reason,
        "address": record.address,
        "device_name": record.device_name,
        "app": record.app,
        "at": record.at,
    }

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from backend.core import clock
from backend.directory import keys, selectors
from backend.directory.services import people, sessions
from mobile_api.auth import Request
from mobile_api.schemas.auth import (
    KeysOut,
    PasswordChangeIn,
    PasswordIn,
    RefreshIn,
    SessionOut,
    SessionsOut,
    SignedInOut,
)

router = Router(tags=["auth"])


def _signed_in(result: sessions.SignedIn) -> SignedInOut:
    return SignedInOut(
        access_token=result.access_token,
        token_type="Bearer",  # noqa: S106
        expires_in=result.expires_in_s,
        refresh_token=result.refresh_token,
        session_id=result.session.pk,
        must_change_password=result.must_change_password,
    )


@router.post("/password", response=SignedInOut, auth=None)
def log_in_with_password(request: HttpRequest, body: PasswordIn) -> SignedInOut:
    device = sessions.Device(id=body.device.id, name=body.device.name, app=body.device.app)
    return _signed_in(
        sessions.log_in(company=body.company, number=body.number, password=body.password, device=device, at=clock.now())
    )


@router.post("/password/change", response={204: None})
def change_password(request: Request, body: PasswordChangeIn) -> Status[None]:
    people.change_own_password(actor=request.auth, old=body.old_password, new=body.new_password, at=clock.now())
    return Status(204, None)


@router.post("/refresh", response=SignedInOut, auth=None)
def refresh(request: HttpRequest, body: RefreshIn) -> SignedInOut:
    return _signed_in(sessions.refresh(refresh_token=body.refresh_token, device_id=body.device_id, at=clock.now()))


@router.post("/logout", response={204: None})
def log_out(request: Request) -> Status[None]:
    sessions.log_out(actor=request.auth, at=clock.now())
    return Status(204, None)


@router.get("/sessions", response=SessionsOut)
def list_sessions(request: Request) -> SessionsOut:
    return SessionsOut(
        items=[
            SessionOut(
                id=session.pk,
                device_name=session.device_name,
                app=session.app,
                address=session.address,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                current=session.pk == request.auth.session_id,
            )
            for session in selectors.list_sessions(actor=request.auth)
        ]
    )


@router.delete("/sessions/{session_id}", response={204: None})
def end_session(request: Request, session_id: UUID) -> Status[None]:
    sessions.end_session(actor=request.auth, session_id=session_id, at=clock.now())
    return Status(204, None)


@router.get("/jwks", response=KeysOut, auth=None)
def list_public_keys(request: HttpRequest) -> dict[str, Any]:
    """For whoever wants to verify access tokens; empty where they are signed with a shared secret."""
    return {"keys": keys.public_keys()}

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from backend.core import clock
from backend.directory import keys
from backend.directory.services import entry, people, sessions
from mobile_api.auth import Request
from mobile_api.schemas.auth import (
    KeysOut,
    PasswordChangeIn,
    PasswordIn,
    RefreshIn,
    SignedInOut,
    device_of,
    signed_in,
)

router = Router(tags=["auth"])


@router.post("/password", response=SignedInOut, auth=None)
def log_in_with_password(request: HttpRequest, body: PasswordIn) -> SignedInOut:
    return signed_in(
        entry.log_in(
            company=body.company,
            number=body.number,
            password=body.password,
            device=device_of(body.device),
            binding_ticket=body.binding_ticket or "",
            at=clock.now(),
        )
    )


@router.post("/password/change", response={204: None})
def change_password(request: Request, body: PasswordChangeIn) -> Status[None]:
    people.change_own_password(actor=request.auth, old=body.old_password, new=body.new_password, at=clock.now())
    return Status(204, None)


@router.post("/refresh", response=SignedInOut, auth=None)
def refresh(request: HttpRequest, body: RefreshIn) -> SignedInOut:
    return signed_in(sessions.refresh(refresh_token=body.refresh_token, device_id=body.device_id, at=clock.now()))


@router.post("/logout", response={204: None})
def log_out(request: Request) -> Status[None]:
    sessions.log_out(actor=request.auth, at=clock.now())
    return Status(204, None)


@router.get("/jwks", response=KeysOut, auth=None)
def list_public_keys(request: HttpRequest) -> dict[str, Any]:
    """For whoever wants to verify access tokens; empty where they are signed with a shared secret."""
    return {"keys": keys.public_keys()}

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from backend.directory.services import logins, sessions
from mobile_api.schemas.base import NO_NUL, In, Key, Out

Password = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=NO_NUL, strip_whitespace=False)]
RandomToken = Annotated[str, StringConstraints(min_length=20, max_length=200, pattern=r"^[A-Za-z0-9._-]+$")]


Ticket = Annotated[str, StringConstraints(min_length=20, max_length=1000, pattern=r"^[A-Za-z0-9_:.=-]+$")]


class DeviceIn(In):
    id: Key
    """Chosen by the app at installation; refresh tokens are bound to it."""
    name: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""
    app: Annotated[str, StringConstraints(max_length=32, pattern=NO_NUL)] = ""


CompanyCode = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]


class PasswordIn(In):
    company: CompanyCode
    number: Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_.-]+$")]
    password: Password
    device: DeviceIn
    binding_ticket: Ticket | None = None
    """From the answer `identity_not_bound`: binds that account on the way in."""


class PasswordChangeIn(In):
    old_password: Password
    new_password: Password


class RefreshIn(In):
    refresh_token: RandomToken
    device_id: Key


class SignedInOut(Out):
    access_token: str
    token_type: str
    expires_in: int
    """Seconds."""
    refresh_token: str
    session_id: UUID
    must_change_password: bool


def signed_in(result: sessions.SignedIn) -> SignedInOut:
    return SignedInOut(
        access_token=result.access_token,
        token_type="Bearer",  # noqa: S106
        expires_in=result.expires_in_s,
        refresh_token=result.refresh_token,
        session_id=result.session.pk,
        must_change_password=result.must_change_password,
    )


def device_of(body: DeviceIn) -> logins.Device:
    return logins.Device(id=body.id, name=body.name, app=body.app)


class KeyOut(Out):
    """RFC 7517 and RFC 8037."""

    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    x: str


class KeysOut(Out):
    keys: list[KeyOut]

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from mobile_api.schemas.auth import RandomToken
from mobile_api.schemas.base import In, Key, Out

DoorName = Literal["password", "wechat", "wecom", "wecom_mini_program", "admin", "refresh"]


class SessionOut(Out):
    id: UUID
    device_name: str
    app: str
    door: DoorName
    address: str
    created_at: AwareDatetime
    last_seen_at: AwareDatetime
    current: bool


class SessionsOut(Out):
    items: list[SessionOut]


class LogoutEverywhereIn(In):
    keep_this: bool = False
    """Whether the session that asks goes on."""


class LoginOut(Out):
    door: DoorName
    outcome: Literal["succeeded", "refused", "waiting"]
    reason: str
    """A stable code; empty where it succeeded."""
    address: str
    device_name: str
    app: str
    at: AwareDatetime


class LoginLogOut(Out):
    items: list[LoginOut]
    next_cursor: str | None


class DeviceOut(Out):
    id: UUID
    name: str
    app: str
    address: str
    """From where it last asked to sign in."""
    status: Literal["waiting", "trusted", "revoked"]
    created_at: AwareDatetime
    last_signed_in_at: AwareDatetime | None


class DevicesOut(Out):
    items: list[DeviceOut]


class ApprovalIn(In):
    ticket: RandomToken
    """From the answer `device_approval_required`."""
    device_id: Key

from typing import Literal

from pydantic import AwareDatetime

from mobile_api.schemas.auth import Ticket
from mobile_api.schemas.base import In, Out
from mobile_api.schemas.doors import AppId, Code, State, Verifier

Provider = Literal["wecom", "wechat"]


class BindIn(In):
    """Either a ticket, or a door with a code and, of a page of WeCom, its state and verifier."""

    ticket: Ticket | None = None
    door: Literal["wechat", "wecom", "wecom_mini_program"] | None = None
    app: AppId | None = None
    """Agent id or app id, where the company has several."""
    code: Code | None = None
    state: State | None = None
    verifier: Verifier | None = None


class BindingOut(Out):
    provider: Provider
    tenant: str
    """The corporation or the mini-program."""
    how: Literal["directory", "confirmed", "phone"]
    bound_at: AwareDatetime


class BindingsOut(Out):
    items: list[BindingOut]

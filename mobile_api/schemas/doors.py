from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from mobile_api.schemas.auth import CompanyCode, DeviceIn, Ticket
from mobile_api.schemas.base import In, Out

Code = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[\x21-\x7e]+$")]
"""What the platform gave the device: good once, for five minutes."""
AppId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
AgentId = Annotated[int, Field(ge=1, le=2_147_483_647)]
State = Annotated[str, StringConstraints(min_length=106, max_length=106, pattern=r"^[0-9a-f]+$")]
Verifier = Annotated[str, StringConstraints(min_length=43, max_length=128, pattern=r"^[A-Za-z0-9._~-]+$")]
"""RFC 7636, section 4.1."""
Challenge = Annotated[str, StringConstraints(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$")]
RedirectUri = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[\x21-\x7e]+$")]
Scope = Literal["base", "private"]


class WechatIn(In):
    company: CompanyCode
    app_id: AppId | None = None
    """Of the mini-program, where the company has several."""
    code: Code
    """From `wx.login`."""
    device: DeviceIn


class WechatPhoneIn(In):
    ticket: Ticket
    """From the answer `identity_not_bound`."""
    code: Code
    """From the phone number button."""
    device: DeviceIn


class WecomIn(In):
    company: CompanyCode
    agent_id: AgentId | None = None
    """Of the application, where the company has several."""
    client: Literal["page", "mini_program"]
    code: Code
    """From the redirection, or from `wx.qy.login`."""
    state: State | None = None
    """As it came back with the redirection; of the page only, like `verifier`."""
    verifier: Verifier | None = None
    """The random text whose SHA-256 was the `challenge`."""
    device: DeviceIn


class AuthorizeUrlOut(Out):
    url: str
    state: str
    """Comes back with the redirection; the client compares before it sends the code."""
    expires_in: int
    """Seconds."""


class DoorAppOut(Out):
    id: UUID = Field(validation_alias="public_id")
    """`app` of `GET /wecom/js-sdk-signature`."""
    kind: Literal["wecom_app", "mini_program", "official_account"]
    platform_id: str
    """Corporation id, or app id."""
    agent_id: int | None


class DoorsOut(Out):
    doors: list[Literal["password", "wechat", "wecom", "wecom_mini_program"]]
    apps: list[DoorAppOut]

"""Coming in by WeChat and WeCom."""

from django.http import HttpRequest
from ninja import Router

from backend.core import clock
from backend.directory.models import Door
from backend.wechat import doors
from backend.wechat.services import login
from mobile_api.schemas.auth import CompanyCode, SignedInOut, device_of, signed_in
from mobile_api.schemas.doors import (
    AgentId,
    AuthorizeUrlOut,
    Challenge,
    DoorsOut,
    RedirectUri,
    Scope,
    WechatIn,
    WechatPhoneIn,
    WecomIn,
)

router = Router(tags=["auth"])


@router.get("/doors", response=DoorsOut, auth=None)
def list_doors(request: HttpRequest, company: CompanyCode) -> doors.Doors:
    """What a client shows before anybody is signed in, and the ids by which it names the company's apps. An unknown
    company has the door of passwords, as every company has."""
    return doors.doors_of(company=company)


@router.post("/wechat", response=SignedInOut, auth=None)
def log_in_with_wechat(request: HttpRequest, body: WechatIn) -> SignedInOut:
    """403 `identity_not_bound` carries a ticket for `POST /auth/wechat/phone`, `/auth/password` or `/auth/bind`."""
    proof = login.Proof(door=Door.WECHAT, code=body.code, app=body.app_id or "")
    return signed_in(login.sign_in(company=body.company, proof=proof, device=device_of(body.device), at=clock.now()))


@router.post("/wechat/phone", response=SignedInOut, auth=None)
def log_in_with_wechat_phone(request: HttpRequest, body: WechatPhoneIn) -> SignedInOut:
    device = device_of(body.device)
    return signed_in(login.sign_in_by_phone(ticket=body.ticket, code=body.code, device=device, at=clock.now()))


@router.get("/wecom/authorize-url", response=AuthorizeUrlOut, auth=None)
def wecom_authorize_url(
    request: HttpRequest,
    company: CompanyCode,
    redirect_uri: RedirectUri,
    challenge: Challenge,
    agent_id: AgentId | None = None,
    scope: Scope = "base",
) -> AuthorizeUrlOut:
    """`challenge`: base64url without padding of the SHA-256 of a random verifier that the client keeps. `scope` private
    asks the member to show his phone number too, by which he can be bound."""
    begun = login.begin(
        company=company,
        app=str(agent_id or ""),
        redirect_uri=redirect_uri,
        challenge=challenge,
        scope=scope,
        at=clock.now(),
    )
    return AuthorizeUrlOut(url=begun.url, state=begun.state, expires_in=begun.expires_in_s)


@router.post("/wecom", response=SignedInOut, auth=None)
def log_in_with_wecom(request: HttpRequest, body: WecomIn) -> SignedInOut:
    """403 `identity_not_bound` carries a ticket for `POST /auth/password` or `/auth/bind`."""
    proof = login.Proof(
        door=Door.WECOM if body.client == "page" else Door.WECOM_MINI_PROGRAM,
        code=body.code,
        app=str(body.agent_id or ""),
        state=body.state or "",
        verifier=body.verifier or "",
    )
    return signed_in(login.sign_in(company=body.company, proof=proof, device=device_of(body.device), at=clock.now()))

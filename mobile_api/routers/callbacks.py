"""What WeCom and WeChat send to us: verified, kept and answered within a second; a worker does the rest.

The bodies are sealed messages of their own form; like the webhooks they are read raw, and their seal is the proof of
who sent them. The platform takes any status but 200 for a failure and sends again, three times in all.
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import Router

from backend.core import clock
from backend.wechat.callbacks import answering, envelope, services
from backend.wechat.callbacks.envelope import Stamp
from backend.wechat.callbacks.messages import Message
from backend.wechat.callbacks.selectors import app_of_callback
from mobile_api.schemas.callbacks import EchoParam, NonceParam, SignatureParam, TimestampParam

MAX_BODY = 256 * 1024
TAKEN = "success"
router = Router(tags=["callbacks"])
PLAIN = {"content": {"text/plain": {"schema": {"type": "string"}}}}
ECHO: dict[str, Any] = {"responses": {200: {"description": "The echo, exactly", **PLAIN}}}
SEALED = {"schema": {"type": "string", "format": "binary"}}
PUSH: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/xml": SEALED, "application/json": SEALED}},
    "responses": {
        200: {
            "description": "`success`, or a sealed passive reply",
            "content": {**PLAIN["content"], "text/xml": {"schema": {"type": "string"}}},
        }
    },
}


@router.get("/wecom/{app}", auth=None, openapi_extra=ECHO)
def verify_wecom_address(
    request: HttpRequest,
    app: UUID,
    msg_signature: SignatureParam,
    timestamp: TimestampParam,
    nonce: NonceParam,
    echostr: EchoParam,
) -> HttpResponse:
    """WeCom asks whether this address is ours when an administrator enters it: the echo, opened, byte for byte."""
    _, keys = app_of_callback(public_id=app, is_wecom=True)
    sealed = echostr.replace(" ", "+")  # base64 knows no blank: it was a plus that nobody had escaped
    return _plain(envelope.opened(keys, Stamp(msg_signature, timestamp, nonce), sealed, at=clock.now()))


@router.post("/wecom/{app}", auth=None, openapi_extra=PUSH)
def receive_from_wecom(
    request: HttpRequest, app: UUID, msg_signature: SignatureParam, timestamp: TimestampParam, nonce: NonceParam
) -> HttpResponse:
    """Clicks on cards and changes of the directory. A message sent again is taken once and answered again."""
    return _receive(request, app, Stamp(msg_signature, timestamp, nonce), is_wecom=True)


@router.get("/wechat/{app}", auth=None, openapi_extra=ECHO)
def verify_wechat_address(
    request: HttpRequest,
    app: UUID,
    signature: SignatureParam,
    timestamp: TimestampParam,
    nonce: NonceParam,
    echostr: EchoParam,
) -> HttpResponse:
    """The same for a mini-program or official account, whose echo is not sealed."""
    _, keys = app_of_callback(public_id=app, is_wecom=False)
    envelope.check_stamp(keys, Stamp(signature, timestamp, nonce), at=clock.now())
    return _plain(echostr)


@router.post("/wechat/{app}", auth=None, openapi_extra=PUSH)
def receive_from_wechat(
    request: HttpRequest, app: UUID, msg_signature: SignatureParam, timestamp: TimestampParam, nonce: NonceParam
) -> HttpResponse:
    """Events of a mini-program or official account in safe mode (安全模式), as XML or JSON."""
    return _receive(request, app, Stamp(msg_signature, timestamp, nonce), is_wecom=False)


def _receive(request: HttpRequest, public_id: UUID, stamp: Stamp, *, is_wecom: bool) -> HttpResponse:
    at = clock.now()
    app, keys = app_of_callback(public_id=public_id, is_wecom=is_wecom)
    if len(request.body) > MAX_BODY:
        raise RequestDataTooBig()
    message = Message.of(envelope.opened(keys, stamp, envelope.sealed_in(request.body), at=at))
    services.receive(app=app, message=message, at=at)
    reply = answering.passive_reply(app=app, message=message, at=at)
    if reply is None:
        return _plain(TAKEN)
    return HttpResponse(envelope.reply(keys, reply, at=at), content_type="text/xml; charset=utf-8")


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})

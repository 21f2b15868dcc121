"""What a web page inside the client does: prove its signature, hand over a photo."""

import base64
import binascii
import hashlib
from urllib.parse import urlsplit

from infra.simulators.wechat.api.media import Part, keep
from infra.simulators.wechat.control.common import Action, Answer, ControlError, account, app, body
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.replies import ApiError, Call
from infra.simulators.wechat.state import State

MAX_SIZE = 64 * 1024 * 1024


def _check_signature(state: State, call: Call) -> Answer:
    """`{"kind": "corp|agent|account", "url", "timestamp", "nonce", "signature"}` as wx.config or wx.agentConfig would.

    40093 for a wrong signature, 42012 for one made with another app's ticket, 50001 for a strange domain.
    """
    data = body(call)
    kind, url = data.get("kind"), str(data.get("url", ""))
    to = account(state, data) if kind == "account" else app(state, data)
    owner = "/".join(str(part) for part in to.key if part is not None) if kind == "agent" else to.key[0]
    signed = f"&noncestr={data.get('nonce')}&timestamp={data.get('timestamp')}&url={url.partition('#')[0]}"
    makers = [
        ticket
        for value, ticket in state.tickets.items()
        if ticket.expires_at > state.now() and _sha1(f"jsapi_ticket={value}{signed}") == data.get("signature")
    ]
    try:
        if urlsplit(url).netloc not in to.trusted_domains:
            raise error(50001)
        if not makers:
            raise error(40093)
        if (kind, owner) not in [(ticket.kind, ticket.owner) for ticket in makers]:
            raise error(42012)
    except ApiError as refused:
        return {"errcode": refused.errcode, "errmsg": refused.text}
    return {"errcode": 0, "errmsg": "ok"}


def _upload_by_jssdk(state: State, call: Call) -> Answer:
    """`{"corp_id", "filename", "content_type", "content"}` (base64), or `"size"` bytes of anything: a `media_id`.

    Nothing is checked: a page of HTML called photo.jpg, an empty file and one of 25 MB are what this is for.
    """
    data = body(call)
    corp_id = str(data.get("corp_id") or next(iter(state.corps), ""))
    if corp_id not in state.corps:
        raise ControlError(f"no corporation {corp_id!r}")
    size = data.get("size")
    if size is not None and not (type(size) is int and 0 <= size <= MAX_SIZE):
        raise ControlError(f"size is a number up to {MAX_SIZE}")
    try:
        content = b"\0" * size if size is not None else base64.b64decode(str(data.get("content", "")), validate=True)
    except binascii.Error as wrong:
        raise ControlError(str(wrong)) from wrong
    part = Part(str(data.get("filename", "photo.jpg")), str(data.get("content_type", "image/jpeg")), content)
    return {"media_id": keep(state, corp_id, part)}


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


ACTIONS: dict[tuple[str, str], Action] = {
    ("POST", "/__sim/check_signature"): _check_signature,
    ("POST", "/__sim/upload_by_jssdk"): _upload_by_jssdk,
}

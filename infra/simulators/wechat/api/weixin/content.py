"""Checking what people write and show, and the codes that open a page of the mini-program."""

import base64
import re
import secrets
from typing import Any

from infra.simulators.wechat.api.access import Endpoint, json_object, mini_program_of_token, text_of
from infra.simulators.wechat.api.weixin.login import person_with
from infra.simulators.wechat.api.weixin.notices import tell
from infra.simulators.wechat.contracts import MAX_CHECKED, SEEN_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import Account
from infra.simulators.wechat.replies import Call, Raw
from infra.simulators.wechat.state import State

RISKY = "违规"
"""A text or an address with this in it is judged risky."""
SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
CODE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////"
    "////////////////////wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AR//Z"
)
"""A white square: nobody scans it."""


def msg_sec_check(state: State, call: Call) -> dict[str, object]:
    account, data = mini_program_of_token(state, call), json_object(call)
    _check_asker(state, account, data)
    content = data.get("content")
    if not isinstance(content, str) or not 0 < len(content) <= MAX_CHECKED:
        raise error(47001 if content is None else 40097, "content missing or too long")
    risky = any(RISKY in str(data.get(name, "")) for name in ("content", "title", "nickname"))
    return {"errcode": 0, "errmsg": "ok", "trace_id": secrets.token_hex(12), "result": _verdict(risky), "detail": []}


def media_check_async(state: State, call: Call) -> dict[str, object]:
    """The verdict comes later, as the event wxa_media_check."""
    account, data = mini_program_of_token(state, call), json_object(call)
    openid = _check_asker(state, account, data)
    url = text_of(data, "media_url", missing=40066)
    if not url.startswith(("http://", "https://")):
        raise error(40066)
    if data.get("media_type") not in (1, 2):
        raise error(40097, "media_type is 1 or 2")
    trace_id = secrets.token_hex(12)
    verdict = _verdict(RISKY in url)
    told = {"appid": account.app_id, "trace_id": trace_id, "version": 2, "result": verdict}
    tell(state, account, openid, "wxa_media_check", **told)
    return {"errcode": 0, "errmsg": "ok", "trace_id": trace_id}


def getwxacodeunlimit(state: State, call: Call) -> Raw:
    account, data = mini_program_of_token(state, call), json_object(call)
    scene, page = data.get("scene"), data.get("page", "")
    if not isinstance(scene, str) or not SCENE.fullmatch(scene):
        raise error(40169)
    if data.get("env_version", "release") not in ("release", "trial", "develop"):
        raise error(40097, "env_version")
    width = data.get("width", 430)
    if type(width) is not int or not 280 <= width <= 1280:
        raise error(40097, "width is from 280 to 1280")
    if not isinstance(page, str) or page.startswith("/") or "?" in page:
        raise error(41030)
    if data.get("check_path", True) and page and account.pages is not None and page not in account.pages:
        raise error(41030)
    return Raw(CODE, {"Content-Type": "image/jpeg"})


def _check_asker(state: State, account: Account, data: dict[str, Any]) -> str:
    """Version 2, a scene, and somebody who opened the mini-program within two hours."""
    if data.get("version") != 2 or data.get("scene") not in (1, 2, 3, 4):
        raise error(40097, "version is 2, scene is 1 to 4")
    openid = text_of(data, "openid", missing=40003)
    if person_with(state, account, openid) is None:
        raise error(40003, "invalid openid")
    if state.now() >= state.seen.get((account.app_id, openid), 0.0) + SEEN_SECONDS:
        raise error(61010)
    return openid


def _verdict(risky: bool) -> dict[str, object]:
    return {"suggest": "risky", "label": 20001} if risky else {"suggest": "pass", "label": 100}


ROUTES = {
    "/wxa/msg_sec_check": Endpoint("POST", msg_sec_check, wechat=True),
    "/wxa/media_check_async": Endpoint("POST", media_check_async, wechat=True),
    "/wxa/getwxacodeunlimit": Endpoint("POST", getwxacodeunlimit, wechat=True),
}

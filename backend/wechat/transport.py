"""One HTTP exchange with WeCom or WeChat: bounded in time and size, to the configured host only, with typed errors.

wechatpy's own transport is not used: it has no timeout on gettoken, takes a page of HTML for a result, recurses
without end on a dead token, and names the secret in its exceptions.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from backend.wechat import circuit, patience, wire
from backend.wechat.errors import BadPayload, Configuration, Transient, Unanswered, refusal
from backend.wechat.models import App
from backend.wechat.text import one_line

CONNECT_S, READ_S = 3.05, 8.0
DEADLINE_S = 12.0
"""For the whole exchange: `READ_S` alone would let a slow sender keep a worker for ever."""
DOWNLOAD_S = 60.0
MAX_ANSWER_BYTES = 1024 * 1024
MAX_ERRMSG = 200
PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")
SECRET = frozenset({"access_token", "corpsecret", "secret", "code", "js_code", "user_ticket", "response_code"})
PHONE = re.compile(r"(?<!\d)1\d{10}(?!\d)")
WECOM, WECHAT = "WECOM_API_BASE", "WECHAT_API_BASE"
"""The settings that hold the addresses; nothing else is ever called."""

File = tuple[str, bytes, str]
"""Name, contents and media type of an upload: bytes, so that they can be sent a second time."""


class AnswerTooLarge(Transient):
    pass


@dataclass(frozen=True, slots=True)
class Download:
    content: bytes
    media_type: str


def call(
    method: str,
    path: str,
    *,
    base: str,
    params: Mapping[str, Any],
    body: bytes | None = None,
    files: Mapping[str, File] | None = None,
    hide: Sequence[str] = (),
) -> dict[str, Any]:
    """Call a path of `base` (WECOM or WECHAT) once and return the JSON object; a PlatformError unless its errcode is 0.

    `hide` are the secrets in the body; they and those among the parameters are taken out of what the platform says.
    """
    reply = _exchange(method, path, base, params, MAX_ANSWER_BYTES, DEADLINE_S, body=body, files=files)
    return _accepted(reply.content, path, base, params, hide)


def download(path: str, *, base: str, params: Mapping[str, Any], max_bytes: int) -> Download:
    """GET a file of at most so many bytes, once. The platform answers JSON with status 200 where it refuses."""
    try:
        reply = _exchange("GET", path, base, params, max_bytes, DOWNLOAD_S)
    except AnswerTooLarge as exc:
        raise BadPayload(f"{path} - the file has more than {max_bytes} bytes") from exc
    if "json" in reply.media_type or reply.content[:1] == b"{":
        refused = _json_object(reply.content)
        if refused and refused["errcode"]:
            _accepted(reply.content, path, base, params, ())
    if "json" in reply.media_type or reply.media_type == "text/html" or not reply.content:
        raise Transient(f"{path} - no file ({reply.media_type}, {len(reply.content)} bytes)")
    return reply


def _accepted(content: bytes, path: str, base: str, params: Mapping[str, Any], hide: Sequence[str]) -> dict[str, Any]:
    answer = _json_object(content)
    if answer is None:
        raise Transient(f"{path} - not an answer of the platform ({len(content)} bytes)")
    if answer["errcode"]:
        errmsg = _scrubbed(str(answer.get("errmsg", "")), [*hide, *secrets_in(params)])
        is_weixin_token = base == WECHAT and "access_token" in params
        raise refusal(path, answer["errcode"], errmsg, is_weixin_token=is_weixin_token)
    return answer


def base_of(app: App) -> str:
    return WECOM if app.is_wecom else WECHAT


def secrets_in(values: Mapping[str, Any]) -> list[str]:
    """What no text of ours may hold, of the parameters or the body of a call."""
    return [str(value) for name, value in values.items() if name in SECRET]


def _scrubbed(errmsg: str, secret: Sequence[str]) -> str:
    for text in filter(None, secret):
        errmsg = errmsg.replace(text, "***")
    return PHONE.sub("***", one_line(errmsg))[:MAX_ERRMSG]


def _exchange(
    method: str,
    path: str,
    base: str,
    params: Mapping[str, Any],
    max_bytes: int,
    seconds: float,
    **contents: Any,
) -> Download:
    """What came with status 200, whatever it is."""
    if not PATH.fullmatch(path):
        raise Configuration(f"refused to call an address outside {base}")
    address, is_loopback = _address(base)
    with circuit.admitted(base):
        allowed = patience.left(seconds)
        if not allowed:
            raise Unanswered(f"{path} - no time left to ask")
        session = wire.session()
        session.trust_env = not is_loopback  # a proxy of the environment cannot see our loopback
        status, reply, failure = 0, Download(b"", ""), ""
        try:
            with (
                wire.ended_after(allowed),
                session.request(
                    method,
                    f"{address}/{path}",
                    params=params,
                    **_sent(**contents),
                    timeout=(min(CONNECT_S, allowed), min(READ_S, allowed)),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                status, media_type = response.status_code, response.headers.get("Content-Type", "")
                reply = Download(_read(response, max_bytes), media_type.partition(";")[0].strip().lower())
        except requests.RequestException as exc:
            failure = type(exc).__name__
        if failure in ("", _TooLarge.__name__):
            circuit.of(base).answered()
        elif allowed >= circuit.LATE_S:  # who had spent his time elsewhere proves nothing
            circuit.of(base).silent()
    # Not raised above: the exception of requests names the address, secret included, and would be the context.
    if failure == _TooLarge.__name__:
        raise AnswerTooLarge(f"{path} - more than {max_bytes} bytes")
    if failure:
        raise Unanswered(f"{path} - {failure}")
    if status == 429 or status >= 500:
        raise Transient(f"{path} - HTTP {status}")
    if status != 200:
        raise Configuration(f"{path} - HTTP {status}; is {base} right?")
    return reply


def _sent(body: bytes | None = None, files: Mapping[str, File] | None = None) -> dict[str, Any]:
    if files is not None:
        return {"files": dict(files)}
    return {} if body is None else {"data": body, "headers": {"Content-Type": "application/json"}}


class _TooLarge(requests.RequestException):
    pass


def _read(response: requests.Response, max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(16 * 1024):
        content += chunk
        if len(content) > max_bytes:
            raise _TooLarge
    return bytes(content)


def _json_object(content: bytes) -> dict[str, Any] | None:
    """The answer with an integer errcode, None if it is not one. Its strings may hold control characters."""
    try:
        answer = json.loads(content.decode(), strict=False)
        if not isinstance(answer, dict):
            return None
        return {**answer, "errcode": int(answer.get("errcode", 0))}
    except (ValueError, TypeError, RecursionError):
        return None


def _address(base: str) -> tuple[str, bool]:
    """The configured address, and whether it is on this machine."""
    address = str(getattr(settings, base))
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Configuration(f"{base} is not an address like https://qyapi.weixin.qq.com")
    return address.rstrip("/"), _is_loopback(parts.hostname)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

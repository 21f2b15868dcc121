"""One HTTP exchange with WeCom or WeChat: bounded in time and size, to the configured host only, with typed errors.

wechatpy's own transport is not used: it has no timeout on gettoken, takes a page of HTML for a result, recurses
without end on a dead token, and names the secret in its exceptions.
"""

import json
import os
import re
import threading
import time
from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from backend.wechat.errors import Configuration, Transient, refusal
from backend.wechat.text import one_line

CONNECT_S, READ_S = 3.05, 8.0
DEADLINE_S = 12.0
"""For the whole answer: `READ_S` alone would let a slow sender keep a worker for ever."""
MAX_ANSWER_BYTES = 1024 * 1024
MAX_ERRMSG = 200
PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")
SECRET = frozenset({"access_token", "corpsecret", "secret", "code", "js_code", "user_ticket", "response_code"})
PHONE = re.compile(r"(?<!\d)1\d{10}(?!\d)")
WECOM, WECHAT = "WECOM_API_BASE", "WECHAT_API_BASE"
"""The settings that hold the addresses; nothing else is ever called."""

_local = threading.local()


def call(
    method: str,
    path: str,
    *,
    base: str,
    params: Mapping[str, Any],
    body: bytes | None = None,
    hide: Sequence[str] = (),
) -> dict[str, Any]:
    """Call a path of `base` (WECOM or WECHAT) once and return the JSON object; a PlatformError unless its errcode is 0.

    `hide` are the secrets in the body; they and those among the parameters are taken out of what the platform says.
    """
    if not PATH.fullmatch(path):
        raise Configuration(f"refused to call an address outside {base}")
    status, content = _exchange(method, path, base, params, body)
    if status == 429 or status >= 500:
        raise Transient(f"{path}: HTTP {status}")
    if status != 200:
        raise Configuration(f"{path}: HTTP {status}; is {base} right?")
    answer = _json_object(content)
    if answer is None:
        raise Transient(f"{path}: not an answer of the platform ({len(content)} bytes)")
    if answer["errcode"]:
        errmsg = _scrubbed(str(answer.get("errmsg", "")), [*hide, *secrets_in(params)])
        is_weixin_token = base == WECHAT and "access_token" in params
        raise refusal(path, answer["errcode"], errmsg, is_weixin_token=is_weixin_token)
    return answer


def secrets_in(values: Mapping[str, Any]) -> list[str]:
    """What no text of ours may hold, of the parameters or the body of a call."""
    return [str(value) for name, value in values.items() if name in SECRET]


def _scrubbed(errmsg: str, secret: Sequence[str]) -> str:
    for text in filter(None, secret):
        errmsg = errmsg.replace(text, "***")
    return PHONE.sub("***", one_line(errmsg))[:MAX_ERRMSG]


def _exchange(method: str, path: str, base: str, params: Mapping[str, Any], body: bytes | None) -> tuple[int, bytes]:
    address, is_loopback = _address(base)
    session = _session()
    session.trust_env = not is_loopback  # a proxy of the environment cannot see our loopback
    deadline = time.monotonic() + DEADLINE_S
    try:
        with session.request(
            method,
            f"{address}/{path}",
            params=params,
            data=body,
            headers={"Content-Type": "application/json"} if body is not None else None,
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, _read(response, deadline)
    except requests.RequestException as exc:
        failure = type(exc).__name__
    # Not raised above: the exception of requests names the address, secret included, and would be the context.
    raise Transient(f"{path}: {failure}")


def _read(response: requests.Response, deadline: float) -> bytes:
    content = b""
    for chunk in response.iter_content(16 * 1024):
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise requests.RequestException("too large")
        if time.monotonic() > deadline:
            raise requests.Timeout("too slow")
    return content


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


def _session() -> requests.Session:
    """One per thread, as requests promises no more; and per process, as a fork would share the sockets."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.pid = os.getpid()
        _local.session = requests.Session()
        _local.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session: requests.Session = _local.session
    return session

"""One HTTP exchange with WeCom: bounded in time and size, to the configured host only, with typed errors.

wechatpy's own transport is not used: it has no timeout on gettoken, takes a page of HTML for a result, recurses
without end on a dead token, and names the secret in its exceptions.
"""

import json
import os
import re
import threading
import time
from collections.abc import Mapping
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
ENDPOINT = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")

_local = threading.local()


def call(
    method: str, endpoint: str, *, params: Mapping[str, Any], body: bytes | None = None, hide: str
) -> dict[str, Any]:
    """Call `/cgi-bin/<endpoint>` once and return the JSON object; a WecomError unless its errcode is 0.

    `hide` is the secret or token among the parameters: it is taken out of what the platform says about it.
    """
    if not ENDPOINT.fullmatch(endpoint):
        raise Configuration("refused to call an address outside WECOM_API_BASE")
    status, content = _exchange(method, endpoint, params, body)
    if status == 429 or status >= 500:
        raise Transient(f"{endpoint}: HTTP {status}")
    if status != 200:
        raise Configuration(f"{endpoint}: HTTP {status}; is WECOM_API_BASE right?")
    answer = _json_object(content)
    if answer is None:
        raise Transient(f"{endpoint}: not an answer of WeCom ({len(content)} bytes)")
    if answer["errcode"]:
        errmsg = one_line(str(answer.get("errmsg", ""))).replace(hide, "***")
        raise refusal(endpoint, answer["errcode"], errmsg[:MAX_ERRMSG])
    return answer


def _exchange(method: str, endpoint: str, params: Mapping[str, Any], body: bytes | None) -> tuple[int, bytes]:
    base, is_loopback = _base()
    session = _session()
    session.trust_env = not is_loopback  # a proxy of the environment cannot see our loopback
    deadline = time.monotonic() + DEADLINE_S
    try:
        with session.request(
            method,
            f"{base}/cgi-bin/{endpoint}",
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
    raise Transient(f"{endpoint}: {failure}")


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


def _base() -> tuple[str, bool]:
    """The configured address, and whether it is on this machine."""
    base = settings.WECOM_API_BASE
    parts = urlsplit(base)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Configuration("WECOM_API_BASE is not an address like https://qyapi.weixin.qq.com")
    return base.rstrip("/"), _is_loopback(parts.hostname)


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

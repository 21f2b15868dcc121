"""Things that go wrong on purpose. Set by `POST /__sim/faults`, for one path and a number of calls."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

NAMED: dict[str, dict[str, Any]] = {
    "busy": {"errcode": -1},
    "rate_limited": {"errcode": 45009},
    "token_expired": {"errcode": 42001},
    "token_invalid": {"errcode": 40014},
    "credential_invalid": {"errcode": 40001},
    "address_not_trusted": {"errcode": 60020},
    "http_500": {"status": 500},
    "http_502": {"status": 502, "html": True},
    "http_429": {"status": 429, "headers": {"Retry-After": "1"}},
    "html": {"html": True},
    "wrong_content_type": {"content_type": "text/html"},
    "empty_body": {"body": ""},
    "truncated": {"truncate": 10},
    "trickle": {"trickle": 0.2},
    "closed": {"close": True},
    "reset": {"reset": True},
    "answer_lost": {"close": True, "after": True},
    "slow_before": {"delay": 30},
    "slow_after": {"delay": 30, "after": True},
    "invalid_utf8": {"body_hex": "7b22657272636f6465223a302c226572726d7367223a22ff227d"},
    "control_characters": {"body": '{"errcode":0,"errmsg":"o\x01k"}'},
    "not_an_object": {"body": "[]"},
    "errcode_as_text": {"merge": {"errcode": "0"}},
    "extra_fields": {"merge": {"new_field": {"deep": [1, None, "新"]}}},
    "empty_userlist": {"merge": {"userlist": []}},
    "empty_pages": {"merge": {"dept_user": [], "next_cursor": ""}},
    "cursor_loop": {"merge": {"next_cursor": "YXQ6MA=="}, "count": None},
}
"""What a fault can be called instead of spelling it out: `{"path": "…", "name": "reset", "count": 2}`."""


class FaultError(ValueError):
    """The fault is not in the documented shape."""


@dataclass
class Fault:
    """What to do to the calls of one path (`*` for all of them), or of those only that one `app` makes with its token.

    - `errcode` (with `errmsg`): answer this error.
    - `status`, `headers`, `body` (or `body_hex`): answer this HTTP status, these headers and this as the body.
    - `html`: answer a page of HTML where JSON belongs (status 200 unless `status` says otherwise).
    - `close`: close the connection without an answer; `reset`: reset it.
    - `merge`: put these fields into the true answer; `content_type`: call it this; `truncate`: cut it after so much.
    - `delay`: wait so many seconds (of real time) before the rest; `trickle`: and after each byte of the true answer.
    - `after`: do the work first. With `close`, `reset` or `delay` this is a lost or a late reply.

    It lets `skip` calls pass, then applies `count` times (null: for ever), each call with `probability`. `app` is
    `corp_id/agent_id`, `corp_id` for the contacts assistant, or the app id of an account.
    """

    path: str
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    app: str | None = None
    delay: float = 0.0
    errcode: int | None = None
    errmsg: str = "injected fault"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_hex: str | None = None
    html: bool = False
    close: bool = False
    reset: bool = False
    merge: dict[str, Any] = field(default_factory=dict)
    content_type: str = ""
    truncate: int | None = None
    trickle: float = 0.0
    after: bool = False

    @property
    def replaces_reply(self) -> bool:
        """Whether something else than the true answer is sent (a mere delay replaces nothing)."""
        return self.errcode is not None or self.html or self.status != 200 or {self.body, self.body_hex} != {None}

    @property
    def payload(self) -> bytes:
        if self.body_hex is not None:
            return bytes.fromhex(self.body_hex)
        return HTML if self.html else (self.body or "").encode()


def parse(data: object) -> Fault:
    """FaultError when the shape is wrong."""
    if not isinstance(data, dict) or not isinstance(data.get("path"), str):
        raise FaultError("a fault is an object with a path")
    given = dict(data)
    name = given.pop("name", None)
    if name is not None and name not in NAMED:
        raise FaultError(f"name is one of {', '.join(NAMED)}")
    try:
        fault = Fault(**(NAMED.get(name, {}) | given))
        bytes.fromhex(fault.body_hex or "")
    except (TypeError, ValueError) as error:
        raise FaultError(str(error)) from error
    return fault


def take(faults: list[Fault], path: str, random: Random, app: str | None = None) -> Fault | None:
    """The first fault that strikes this call, used up by one."""
    for fault in faults:
        if fault.path not in ("*", path) or fault.app not in (None, app) or fault.count == 0:
            continue
        if fault.skip:
            fault.skip -= 1
            continue
        if random.random() >= fault.probability:
            continue
        if fault.count is not None:
            fault.count -= 1
        return fault
    return None

"""What a call is, and the shapes of an answer: a JSON object, bytes, or a documented error in one of two dialects."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

MORE = "https://open.work.weixin.qq.com/devtool/query?e="


@dataclass(frozen=True)
class Call:
    """One request to the platform, already read from the wire."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    ip: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """An answer that is not JSON: a file, a page, a redirection."""

    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


Answer = dict[str, object] | Raw


class ApiError(Exception):
    """An answer with an errcode; the HTTP status stays 200, as on the platform."""

    def __init__(self, errcode: int, text: str) -> None:
        super().__init__(text)
        self.errcode = errcode
        self.text = text


def failure(errcode: int, text: str, *, ip: str, now: float, wechat: bool = False) -> dict[str, object]:
    """The body of an error in the wording of WeCom or of WeChat, whose hint is different every time."""
    if wechat:
        rid = f"{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
        return {"errcode": errcode, "errmsg": f"{text} rid: {rid}"}
    hint = f"{int(now)}{secrets.randbelow(10**15):015d}"
    errmsg = f"{text}, hint: [{hint}], from ip: {ip}, more info at {MORE}{errcode}"
    return {"errcode": errcode, "errmsg": errmsg}

"""What a call is, and the two shapes of an answer: a JSON object or a documented error."""

import secrets
from dataclasses import dataclass

MORE = "https://open.work.weixin.qq.com/devtool/query?e="


@dataclass(frozen=True)
class Call:
    """One request to the platform, already read from the wire."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    ip: str


class ApiError(Exception):
    """An answer with an errcode; the HTTP status stays 200, as on the platform."""

    def __init__(self, errcode: int, text: str) -> None:
        super().__init__(text)
        self.errcode = errcode
        self.text = text


def failure(errcode: int, text: str, *, ip: str, now: float) -> dict[str, object]:
    """The body of an error in the platform's wording, whose hint is different every time."""
    hint = f"{int(now)}{secrets.randbelow(10**15):015d}"
    errmsg = f"{text}, hint: [{hint}], from ip: {ip}, more info at {MORE}{errcode}"
    return {"errcode": errcode, "errmsg": errmsg}

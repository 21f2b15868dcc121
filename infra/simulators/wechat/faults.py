"""Things that go wrong on purpose. Set by `POST /__sim/faults`, for one path and a number of calls."""

from dataclasses import dataclass, field
from random import Random

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class FaultError(ValueError):
    """The fault is not in the documented shape."""


@dataclass
class Fault:
    """What to do to the calls of one path (`*` for all of them).

    - `errcode` (with `errmsg`): answer this error.
    - `status`, `headers`, `body`: answer this HTTP status, these headers and this text as the body.
    - `html`: answer a page of HTML where JSON belongs (status 200 unless `status` says otherwise).
    - `close`: close the connection without an answer.
    - `delay`: wait so many seconds (of real time) before the rest.
    - `after`: do the work first. With `close` or `delay` this is a lost or a late reply.

    It applies `count` times (null: for ever), each call with `probability`.
    """

    path: str
    count: int | None = 1
    probability: float = 1.0
    delay: float = 0.0
    errcode: int | None = None
    errmsg: str = "injected fault"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    html: bool = False
    close: bool = False
    after: bool = False

    @property
    def spoils_reply(self) -> bool:
        """Whether something else than the true answer is sent (a mere delay spoils nothing)."""
        plain = self.errcode is None and self.body is None and self.status == 200
        return self.close or self.html or not plain

    @property
    def payload(self) -> bytes:
        return HTML if self.html else (self.body or "").encode()


def parse(data: object) -> Fault:
    """FaultError when the shape is wrong."""
    if not isinstance(data, dict) or not isinstance(data.get("path"), str):
        raise FaultError("a fault is an object with a path")
    try:
        return Fault(**data)
    except TypeError as error:
        raise FaultError(str(error)) from error


def take(faults: list[Fault], path: str, random: Random) -> Fault | None:
    """The first fault that strikes this call, used up by one."""
    for fault in faults:
        if fault.path not in ("*", path) or fault.count == 0 or random.random() >= fault.probability:
            continue
        if fault.count is not None:
            fault.count -= 1
        return fault
    return None

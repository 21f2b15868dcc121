"""When a platform is silent, people are told so at once instead of each waiting for it with a thread of the server.

After OPENS_AFTER calls in a row without an answer the circuit of this process is open for OPEN_S: whoever comes gets
PlatformUnavailable and its time. Then one call tries; its answer closes the circuit, its silence opens it again.
Before that is known, at most `settings.PLATFORM_CALLS_AT_ONCE` people wait for one platform, so that a thread is always
left for those who need none. Workers are not held up: their rows have pauses of their own (`backend.events.owed`).
"""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from prometheus_client import Counter, Gauge

from backend.wechat import patience
from backend.wechat.errors import PlatformUnavailable

logger = logging.getLogger("waiqin.wechat")
OPENS_AFTER = 3
OPEN_S = 15.0
LATE_S = 1.0
"""Who has waited so long for an answer makes others not begin to, where no place is left."""
BUSY_S = 2

CALLS = Counter("waiqin_platform_calls_total", "Calls to WeCom and WeChat", ["platform", "outcome"])
REFUSED = Counter("waiqin_platform_refused_total", "People told at once that the platform is silent", ["platform"])
OPEN = Gauge("waiqin_platform_circuit_open", "Whether calls of people are refused just now", ["platform"])

_circuits: dict[str, "Circuit"] = {}
_inside: ContextVar[str] = ContextVar("circuit", default="")


@contextmanager
def admitted(base: str) -> Iterator[None]:
    """Where a person waits: may he, for this platform? Raises PlatformUnavailable. Inside itself it is asked once."""
    if not patience.is_short() or _inside.get() == base:
        yield
        return
    circuit = of(base)
    call = circuit.enter()
    token = _inside.set(base)
    try:
        yield
    finally:
        _inside.reset(token)
        circuit.leave(call)


def of(base: str) -> "Circuit":
    return _circuits.get(base) or _circuits.setdefault(base, Circuit(base.partition("_")[0].lower()))


def clear() -> None:
    """As after a start."""
    for circuit in _circuits.values():
        OPEN.labels(circuit.platform).set(0)
    _circuits.clear()


class Circuit:
    def __init__(self, platform: str) -> None:
        self._changed = threading.Condition()
        self._silences = 0
        self._open_until: float | None = None
        self._under_way: dict[object, float] = {}
        self._probe: object | None = None
        self.platform = platform

    def enter(self) -> object:
        """Waits for a place while those who have one are answered in time."""
        with self._changed:
            call = object()
            while True:
                now = time.monotonic()
                if self._open_until is not None:
                    if self._probe is not None or now < self._open_until:
                        raise self._refusal(self._open_until - now)
                    self._probe = call
                    break
                if len(self._under_way) < settings.PLATFORM_CALLS_AT_ONCE:
                    break
                spare = min(self._under_way.values()) + LATE_S - now
                if spare <= 0:
                    raise self._refusal(BUSY_S)
                self._changed.wait(spare)
            self._under_way[call] = time.monotonic()
            return call

    def leave(self, call: object) -> None:
        with self._changed:
            del self._under_way[call]
            if self._probe is call:
                self._probe = None
            self._changed.notify_all()

    def answered(self) -> None:
        """Whatever it said."""
        CALLS.labels(self.platform, "answered").inc()
        if self._silences or self._open_until is not None:
            with self._changed:
                if self._open_until is not None:
                    logger.warning("platform: %s answers again", self.platform)
                self._silences, self._open_until = 0, None
                OPEN.labels(self.platform).set(0)
                self._changed.notify_all()

    def silent(self) -> None:
        """No connection, or no answer in time."""
        CALLS.labels(self.platform, "silent").inc()
        with self._changed:
            self._silences += 1
            if self._silences < OPENS_AFTER:
                return
            if self._open_until is None:
                logger.error("platform: %s does not answer; people are told so at once", self.platform)
            self._open_until = time.monotonic() + OPEN_S
            OPEN.labels(self.platform).set(1)
            self._changed.notify_all()

    def _refusal(self, seconds: float) -> PlatformUnavailable:
        REFUSED.labels(self.platform).inc()
        return PlatformUnavailable(retry_after_s=max(1, math.ceil(seconds)))

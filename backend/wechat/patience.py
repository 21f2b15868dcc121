"""How long the platform is waited for: a worker has its own rules, somebody before a screen has seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PERSON_S = 5.0
_until: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def of_a_person() -> Iterator[None]:
    """All waiting for the platform inside, for locks and answers together, ends within PERSON_S."""
    if _until.get() is not None:
        yield
        return
    token = _until.set(time.monotonic() + PERSON_S)
    try:
        yield
    finally:
        _until.reset(token)


def is_short() -> bool:
    """Whether a person waits."""
    return _until.get() is not None


def left(most: float) -> float:
    """So many seconds at most, and fewer where a person waits; not less than nothing."""
    until = _until.get()
    return most if until is None else max(0.0, min(most, until - time.monotonic()))

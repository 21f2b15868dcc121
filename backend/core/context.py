"""Where the present work came from: one id through logs, events, tasks and outgoing calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    request_id: str = ""
    address: str = ""
    device: str = ""


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039  # frozen


def origin() -> Origin:
    return _origin.get()


@contextmanager
def came_from(source: Origin) -> Iterator[None]:
    token = _origin.set(source)
    try:
        yield
    finally:
        _origin.reset(token)

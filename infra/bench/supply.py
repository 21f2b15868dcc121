"""What one block after the other asks for."""

from collections.abc import Iterator
from typing import Any, Protocol

Requests = list[dict[str, Any]]


class Supply(Protocol):
    again: bool
    """Whether a request may be sent more than once."""

    def take(self) -> Requests: ...

    def used(self, chained: Requests) -> None:
        """Told after each block, with the requests by which its connections would have gone on."""


class Always:
    """Reads: the same for every block."""

    again = True

    def __init__(self, requests: Requests) -> None:
        self.requests = requests

    def take(self) -> Requests:
        return self.requests

    def used(self, chained: Requests) -> None:
        pass


class Once:
    """Writes that happen once: a part of them for each block, of whichever server, for both change the same rows."""

    again = False

    def __init__(self, requests: Requests, size: int) -> None:
        self.parts: Iterator[Requests] = (requests[at : at + size] for at in range(0, len(requests), size))

    def take(self) -> Requests:
        return next(self.parts)

    def used(self, chained: Requests) -> None:
        pass


class Chain:
    """Each connection goes on from its own last reply, in the next block too."""

    again = True

    def __init__(self, requests: Requests) -> None:
        self.requests = requests

    def take(self) -> Requests:
        return self.requests

    def used(self, chained: Requests) -> None:
        self.requests = chained + self.requests[len(chained) :]

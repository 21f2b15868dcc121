from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


def commits_in_steps(reason: str) -> Callable[[F], F]:
    """Marks the few services that must not be one transaction, such as counting a failure and then raising.

    Every other public service function is `@transaction.atomic`; an architecture test accepts nothing else. The
    steps inside are atomic functions of their own. `reason` is for the reader.
    """

    def mark(service: F) -> F:
        service.commits_in_steps = reason  # type: ignore[attr-defined]
        return service

    return mark

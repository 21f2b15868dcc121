from collections.abc import Callable
from typing import TypeVar

from django.db import connection

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


def may_take(seconds: int) -> None:
    """Let the open transaction last longer than any request's may; what each statement may take stays as it is.

    Before PostgreSQL 17 there is no `transaction_timeout` to lengthen.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(name, %s, true) FROM pg_settings"
            " WHERE name IN ('transaction_timeout', 'idle_in_transaction_session_timeout')",
            [f"{seconds}s"],
        )

"""Guessing grows slow: attempts are counted before they are tried, so parallel guesses cannot slip through.

What is counted, and how it keeps a guesser from locking out the owner: `backend/directory/attempts.py`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from backend.core.errors import TooMany
from backend.core.text import bilingual
from backend.directory.attempts import Counter
from backend.directory.models import Throttle

FORGIVEN_AFTER = timedelta(minutes=15)
LONGEST_BLOCK_S = 900


class TooManyAttempts(TooMany):
    code = "too_many_attempts"
    message = bilingual("尝试次数过多，请稍后再试。", "Too many attempts. Try again later.")


@transaction.atomic
def count_attempts(*, counters: Iterable[Counter], at: datetime) -> None:
    """Count one attempt with each; raises TooManyAttempts if one of them is blocked."""
    waits = [count_attempt(key=counter.key, free=counter.free, at=at) for counter in counters]
    if any(waits):
        raise TooManyAttempts(retry_after_s=max(waits))


@transaction.atomic
def count_attempt(*, key: str, free: int, at: datetime) -> int:
    """Count one attempt; the seconds to wait if it is refused, 0 if it may go on.

    The first `free` attempts cost nothing; each later one blocks the key for twice as long as the one before, up to
    LONGEST_BLOCK_S. A refused attempt does not lengthen the block.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO directory_throttle AS t (key, failures, last_failure_at, blocked_until)
            VALUES (%(key)s, 1, %(at)s, NULL)
            ON CONFLICT (key) DO UPDATE SET
                failures = CASE
                    WHEN t.blocked_until > %(at)s THEN t.failures
                    WHEN t.last_failure_at < %(forgiven)s THEN 1
                    ELSE t.failures + 1 END,
                last_failure_at = CASE WHEN t.blocked_until > %(at)s THEN t.last_failure_at ELSE %(at)s END
            RETURNING failures, blocked_until
            """,
            {"key": key[:160], "at": at, "forgiven": at - FORGIVEN_AFTER},
        )
        failures, blocked_until = cursor.fetchone()
    if blocked_until is not None and blocked_until > at:
        return int((blocked_until - at).total_seconds()) + 1
    if failures >= free:
        pause = min(LONGEST_BLOCK_S, 2 ** min(failures - free, 20))
        Throttle.objects.filter(key=key[:160]).update(blocked_until=at + timedelta(seconds=pause))
    return 0


@transaction.atomic
def forgive(*, counters: Iterable[Counter]) -> None:
    """The attempt succeeded: these start anew."""
    Throttle.objects.filter(key__in=[counter.key for counter in counters]).delete()


@transaction.atomic
def give_back(*, counter: Counter) -> None:
    """The attempt succeeded and was none: a whole office signs in from one address in the morning."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE directory_throttle SET failures = greatest(failures - 1, 0),
                blocked_until = CASE WHEN failures > %(free)s THEN blocked_until END
            WHERE key = %(key)s
            """,
            {"key": counter.key, "free": counter.free},
        )

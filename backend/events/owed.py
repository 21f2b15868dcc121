"""Work owed to the outside world, kept as rows: claimed by one worker, retried, never lost with the queue.

A row is due when `status` is pending and `due_at` has come. The dispatcher hands due ids to Celery; the worker claims
the row by one conditional UPDATE that pushes `due_at` past the lease, so a doubled message finds nothing to do and a
killed worker's row simply falls due again.
"""

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from backend.core import clock
from backend.core.logs import redacted
from backend.core.text import bilingual

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 12
FIRST_RETRY_S = 2
LONGEST_RETRY_S = 900
CONFIGURATION_RETRY_S = 300
HANDED_OUT_AT_ONCE = 1000
"""A backlog waits in the table, where it costs nothing: what lies at the broker unclaimed is handed out again after
OWED_ENQUEUED_FOR_S, and without a bound a long queue would breed its own doubles."""
MAX_ERROR = 2000
CHANNEL = "owed"


class PermanentFailure(Exception):
    """Trying again cannot help: the row goes to the dead letters at once."""


class Configuration(Exception):
    """A setting must be mended by a person; the row keeps waiting, is never given up, and loses no attempt by it."""


class LeaseLost(Exception):
    """This attempt has outlived its lease and another has the row: what remains is for that one to do."""


class Postponed(Exception):
    """Not now, through no fault of the row: it waits `retry_after_s`, is never given up, and loses no attempt by it."""

    @property
    def retry_after_s(self) -> int:
        return CONFIGURATION_RETRY_S


class Owed(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending", bilingual("待处理", "pending")
        DONE = "done", bilingual("已完成", "done")
        DEAD = "dead", bilingual("死信", "dead letter")

    task_name: ClassVar[str]
    """The Celery task that performs one row, called with `{id_argument: pk}`."""
    id_argument: ClassVar[str]
    lease_s: ClassVar[float | None] = None
    """Of rows that take longer than `settings.OWED_LEASE_S`; the limits of their task must be below it, unless the work
    is done in portions between which it asks `hold_on`."""

    company = models.ForeignKey("directory.Company", models.CASCADE, related_name="+")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    enqueued_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        # A generic plan (settings.DATABASES) cannot match `status = $1` to the condition `status = 'dead'`: hence
        # `finished_at IS NULL` where pending is meant, and `dead_letters`.
        indexes = [
            models.Index(fields=["due_at"], condition=Q(finished_at=None), name="%(class)s_due"),
            models.Index(fields=["-id"], condition=Q(status="dead"), name="%(class)s_dead"),
        ]

    @classmethod
    def perform(cls, pk: Any, work: Callable[[Self], Any]) -> bool:
        """Claim the row and do the work, at least once; False where somebody else has it or it is not due.

        `work` runs outside any transaction. What it raises decides the row's future: `PermanentFailure` buries it,
        `Configuration` and `Postponed` keep it waiting for ever, anything else is retried with growing pauses.
        """
        now = clock.now()
        claimed = cls._base_manager.filter(pk=pk, status=cls.Status.PENDING, due_at__lte=now).update(
            due_at=now + cls._lease(), attempts=F("attempts") + 1, enqueued_at=None
        )
        if not claimed:
            return False
        owed = cls._base_manager.get(pk=pk)
        if owed.attempts > MAX_ATTEMPTS:
            owed._bury(f"no worker survived the attempts; {owed.error}")
            return True
        try:
            work(owed)
        except PermanentFailure as exc:
            owed._bury(str(exc))
        except Configuration as exc:
            owed._wait(CONFIGURATION_RETRY_S, error=str(exc), attempts=owed.attempts - 1)
        except Postponed as exc:
            owed._wait(exc.retry_after_s, error=str(exc), attempts=owed.attempts - 1)
        except Exception as exc:
            if owed.attempts >= MAX_ATTEMPTS:
                owed._bury(repr(exc))
            else:
                logger.warning("%s failed and will be tried again", owed._named, exc_info=True)
                owed._wait(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** (owed.attempts - 1)), error=repr(exc))
        else:
            owed._mine().update(status=cls.Status.DONE, error="", finished_at=clock.now())
        return True

    def hold_on(self, **progress: Any) -> None:
        """Between the portions of a long work: the lease begins anew, and these columns say how far it is.

        Outside any transaction: one that is rolled back would leave the attempt without its lease. Raises LeaseLost.
        """
        due_at = clock.now() + self._lease()
        if not self._mine().update(due_at=due_at, **progress):
            raise LeaseLost(self._named)
        self.due_at = due_at

    def lock(self) -> None:
        """For the transaction that settles the work: no other worker gets the row before it ends. Raises LeaseLost."""
        if self._mine().select_for_update().first() is None:
            raise LeaseLost(self._named)

    @classmethod
    def _lease(cls) -> timedelta:
        return timedelta(seconds=cls.lease_s or settings.OWED_LEASE_S)

    def _bury(self, error: str) -> None:
        logger.error("%s is given up: %s", self._named, _storable(error))
        with transaction.atomic():
            if self._mine().update(status=self.Status.DEAD, error=_storable(error), finished_at=clock.now()):
                self.given_up()

    def given_up(self) -> None:
        """What follows, in the same transaction; nothing by itself."""

    def _wait(self, seconds: float, *, error: str, **fields: Any) -> None:
        seconds *= random.uniform(0.8, 1.2)  # noqa: S311  # so that a thousand failures do not return as one wave
        self._mine().update(due_at=clock.now() + timedelta(seconds=seconds), error=_storable(error), **fields)

    def _mine(self) -> models.QuerySet[Self]:
        """Only while this attempt holds the lease it took: a worker that outlived its own changes nothing."""
        return type(self)._base_manager.filter(pk=self.pk, status=self.Status.PENDING, due_at=self.due_at)

    @property
    def _named(self) -> str:
        return f"{self._meta.label} {self.pk}"

    @classmethod
    def take_due(cls, limit: int = 200) -> list[Any]:
        """Mark due rows as handed out and return their ids, longest due first; two dispatchers never get the same row.

        Only among the oldest `HANDED_OUT_AT_ONCE`, in which those that nobody has claimed yet keep their places.
        """
        now = clock.now()
        lost = now - timedelta(seconds=settings.OWED_ENQUEUED_FOR_S)
        table = connection.ops.quote_name(cls._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH oldest AS (
                    SELECT id FROM {table} WHERE finished_at IS NULL AND due_at <= %(now)s
                    ORDER BY due_at LIMIT {HANDED_OUT_AT_ONCE}
                ), chosen AS MATERIALIZED (
                    SELECT id FROM {table}
                    WHERE id IN (SELECT id FROM oldest) AND finished_at IS NULL AND due_at <= %(now)s
                        AND (enqueued_at IS NULL OR enqueued_at < %(lost)s)
                    ORDER BY due_at LIMIT {int(limit)} FOR UPDATE SKIP LOCKED
                )
                UPDATE {table} owed SET enqueued_at = %(now)s FROM chosen WHERE owed.id = chosen.id
                RETURNING owed.due_at, owed.id
                """,  # noqa: S608
                {"now": now, "lost": lost},
            )
            return [pk for _, pk in sorted(cursor.fetchall())]

    @classmethod
    def dead_letters(cls) -> models.QuerySet[Self]:
        """Newest first, by their index: the value stands in the statement itself."""
        dead = RawSQL("'dead'", (), output_field=models.CharField())
        return cls._base_manager.filter(status=dead).order_by("-pk")

    @classmethod
    def give_back(cls, ids: list[Any]) -> None:
        """The broker did not take these: they may be handed out again at once."""
        cls._base_manager.filter(pk__in=ids, status=cls.Status.PENDING).update(enqueued_at=None)

    @classmethod
    def retry(cls, ids: list[Any]) -> int:
        """A person's decision to try dead or waiting rows again, now; one that a worker holds may be done twice."""
        revived = (
            cls._base_manager.filter(pk__in=ids)
            .exclude(status=cls.Status.DONE)
            .update(status=cls.Status.PENDING, attempts=0, due_at=clock.now(), enqueued_at=None, finished_at=None)
        )
        if revived:
            wake_dispatcher()
        return revived


def _storable(error: str) -> str:
    """What an outside system said may hold what PostgreSQL refuses, NUL and lone surrogates, and secrets of ours."""
    return redacted(error.replace("\0", "").encode(errors="backslashreplace").decode())[:MAX_ERROR]


def wake_dispatcher() -> None:
    """Tell the dispatcher, when and only when this transaction commits; PostgreSQL folds repeats into one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])

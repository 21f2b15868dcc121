from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict
from backend.core.forgetting import forget
from backend.core.transactions import commits_in_steps
from backend.documents.models import Document, Share
from backend.events import services as events


@transaction.atomic
def recycle(*, actor: Actor, document: Document, at: datetime) -> None:
    """Into the recycle bin; the caller has locked the row and checked the right. Twice is once."""
    if not document.recyclable:
        raise Conflict()
    if document.deleted_at is None:
        document.change(deleted_at=at)
        events.record(f"{document._meta.model_name}.recycled", document, actor=actor, at=at)


@transaction.atomic
def restore(*, actor: Actor, document: Document, at: datetime) -> None:
    """Back out of the recycle bin, whole. Twice is once."""
    if document.deleted_at is not None:
        document.change(deleted_at=None)
        events.record(f"{document._meta.model_name}.restored", document, actor=actor, at=at)


@commits_in_steps("a portion at a time, each for itself")
def forget_ended_shares(*, at: datetime) -> int:
    """Who was shown a document until then sees it no more; how many shares that were."""
    return forget(Share.objects.filter(until__lte=at))


@transaction.atomic
def next_number(*, company_id: UUID, series: str, at: datetime) -> str:
    """`SO20261122-0001`, the day as the company's calendar has it.

    Unique in the company, ASCII, at most 30 characters (the shortest ERP key we meet). Holds the series' row until the
    caller's transaction ends, so ask for a number last. Gaps appear when that transaction rolls back; no two documents
    ever share a number.
    """
    return next_numbers(company_id=company_id, series=series, count=1, at=at)[0]


@transaction.atomic
def next_numbers(*, company_id: UUID, series: str, count: int, at: datetime) -> list[str]:
    """As `next_number`, so many at once, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO documents_numberseries AS s (company_id, prefix, last)
            SELECT id, %(series)s || to_char(%(at)s AT TIME ZONE timezone, 'YYYYMMDD'), %(count)s
            FROM directory_company WHERE id = %(company)s
            ON CONFLICT (company_id, prefix) DO UPDATE SET last = s.last + %(count)s RETURNING prefix, last
            """,
            {"series": series, "at": at, "company": company_id, "count": count},
        )
        prefix, last = cursor.fetchone()
    return [f"{prefix}-{number:04d}" for number in range(last - count + 1, last + 1)]

"""Keyset pages, newest first: no count, no offset, and page 5,000 as fast as page 1."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db.models import Model, Q, QuerySet

from backend.core.errors import Invalid
from backend.core.text import bilingual

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class BadCursor(Invalid):
    code = "invalid_cursor"
    message = bilingual("分页游标无效，请从第一页开始。", "The cursor is not valid. Start from the first page.")


def encode(value: datetime | str, pk: UUID | int | str) -> str:
    return urlsafe_b64encode(orjson.dumps([value, str(pk)])).decode().rstrip("=")


def decode(cursor: str, pk_type: Callable[[str], Any] = UUID) -> tuple[datetime, Any]:
    """Raises BadCursor for anything this server did not make."""
    try:
        value, pk = _opened(cursor)
        at = datetime.fromisoformat(value)
        if at.tzinfo is None or not 2000 <= at.year <= 2100:
            raise ValueError(value)
        return at, pk_type(pk)
    except (ValueError, TypeError, AttributeError) as exc:
        raise BadCursor() from exc


def decode_text(cursor: str) -> tuple[str, UUID]:
    """Of a list that is sorted by a text. Raises BadCursor."""
    try:
        value, pk = _opened(cursor)
        if "\0" in value:
            raise ValueError(value)
        return value, UUID(pk)
    except (ValueError, TypeError, AttributeError) as exc:
        raise BadCursor() from exc


def _opened(cursor: str) -> tuple[Any, Any]:
    value, pk = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return value, pk


def page(
    rows: QuerySet[M], *, by: str, limit: int, cursor: str | None, show: Callable[[M], T], pk_type: Any = UUID
) -> dict[str, Any]:
    """`{items, next_cursor}` of rows ordered by (-`by`, -pk), where `by` is a time that is never null.

    The predicate is `by <= x AND (by < x OR pk < y)`: PostgreSQL enters the index at x, which the textbook form
    `by < x OR (by = x AND pk < y)` prevents.
    """
    if cursor:
        value, pk = decode(cursor, pk_type)
        rows = rows.filter(**{f"{by}__lte": value}).filter(Q(**{f"{by}__lt": value}) | Q(pk__lt=pk))
    found = list(rows.order_by(f"-{by}", "-pk")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    last = found[-1] if more else None
    return {
        "items": [show(row) for row in found],
        "next_cursor": encode(getattr(last, by), last.pk) if last is not None else None,
    }


def cut(
    rows: Sequence[T], *, key: Callable[[T], UUID], limit: int, cursor: str | None
) -> tuple[Sequence[T], str | None]:
    """A page of rows that are read whole anyway, in their own order, and the next cursor: it names the last row sent.

    Raises BadCursor, also where that row is gone or hidden meanwhile.
    """
    start = 0
    if cursor:
        try:
            last = UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except ValueError as exc:
            raise BadCursor() from exc
        start = next((place for place, row in enumerate(rows, start=1) if key(row) == last), 0)
        if not start:
            raise BadCursor()
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    return page, urlsafe_b64encode(key(page[-1]).bytes).decode().rstrip("=") if more else None

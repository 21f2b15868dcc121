"""The fact and what is owed for it in one statement: every command of a phone ends with it, and three by the ORM cost
three times as much."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from backend.core import clock
from backend.events.models import Delivery, Event
from backend.events.owed import CHANNEL

_COLUMNS = [field.attname for field in Event._meta.concrete_fields if not field.primary_key]
_SUBJECT_ID = Event._meta.get_field("subject_id")
_WRITE = f"""
    WITH event AS (
        INSERT INTO {Event._meta.db_table} ({", ".join(_COLUMNS)})
        VALUES ({", ".join(f"%({name})s" for name in _COLUMNS)}) RETURNING id, company_id
    ), owed AS (
        INSERT INTO {Delivery._meta.db_table}
            (company_id, event_id, consumer, status, attempts, due_at, error, created_at)
        SELECT event.company_id, event.id, consumer, '{Delivery.Status.PENDING}', 0, %(now)s, '', %(now)s
        FROM event CROSS JOIN unnest(%(consumers)s::text[]) AS consumer
        RETURNING id
    )
    SELECT event.id, (SELECT pg_notify('{CHANNEL}', '') FROM owed LIMIT 1) FROM event
"""  # noqa: S608  # only names from above


_MANY = ("subject_id", "data")
"""Of many facts told at once, only what they are about and what is said of them differs."""
_WRITE_MANY = f"""
    WITH event AS (
        INSERT INTO {Event._meta.db_table} ({", ".join(_COLUMNS)})
        SELECT {", ".join(f"fact.{name}" if name in _MANY else f"%({name})s" for name in _COLUMNS)}
        FROM unnest(%(subject_ids)s::uuid[], %(details)s::jsonb[]) WITH ORDINALITY AS fact (subject_id, data, place)
        ORDER BY fact.place
        RETURNING id, company_id
    ), owed AS (
        INSERT INTO {Delivery._meta.db_table}
            (company_id, event_id, consumer, status, attempts, due_at, error, created_at)
        SELECT event.company_id, event.id, consumer, '{Delivery.Status.PENDING}', 0, %(now)s, '', %(now)s
        FROM event CROSS JOIN unnest(%(consumers)s::text[]) AS consumer
        RETURNING id
    )
    SELECT pg_notify('{CHANNEL}', '') FROM owed LIMIT 1
"""  # noqa: S608  # only names from above


def write(event: Event, *, consumers: Sequence[str]) -> None:
    """Insert the new event and a delivery for each consumer; tell the dispatcher when, and only when, the transaction
    commits. PostgreSQL folds several notices of one transaction into one."""
    params: dict[str, Any] = {name: getattr(event, name) for name in _COLUMNS}
    subject_id = _SUBJECT_ID.to_python(event.subject_id)  # the UUID of that number where the subject's key is one
    params |= {"subject_id": subject_id, "data": Jsonb(event.data), "consumers": list(consumers), "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, params)
        (event.pk, _) = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias


def write_many(template: Event, facts: Sequence[tuple[Any, dict[str, Any]]], *, consumers: Sequence[str]) -> None:
    """As `write`, for `(subject id, data)` pairs that have all else in common with the template."""
    params: dict[str, Any] = {name: getattr(template, name) for name in _COLUMNS if name not in _MANY}
    params |= {
        "subject_ids": [_SUBJECT_ID.to_python(subject_id) for subject_id, _ in facts],
        "details": [Jsonb(data) for _, data in facts],
        "consumers": list(consumers),
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_MANY, params)

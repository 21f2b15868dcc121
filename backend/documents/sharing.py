"""Writing shares: one statement, however many, that never makes one shorter."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

_SHOW = """
    INSERT INTO documents_share (company_id, document_type, document_id, employee_id, until)
    SELECT %(company)s, %(kind)s, wanted.document_id, wanted.employee_id, max(wanted.until)
    FROM unnest(%(documents)s::uuid[], %(employees)s::uuid[], %(until)s::timestamptz[])
        AS wanted (document_id, employee_id, until)
    GROUP BY wanted.document_id, wanted.employee_id
    ON CONFLICT (employee_id, document_type, document_id) DO UPDATE
    SET until = CASE WHEN EXCLUDED.until IS NOT NULL THEN greatest(documents_share.until, EXCLUDED.until) END
    WHERE documents_share.until IS NOT NULL
"""
Shown = tuple[UUID, UUID, datetime | None]
"""A document, who may see it, and until when; None is for good. Of one document and person in one call all are the
one or all are the other."""


def show(*, company_id: UUID, kind: str, shown: Iterable[Shown]) -> None:
    """Let these people see these documents of one kind. Of two times the later one counts; twice is once."""
    rows = list(shown)
    if not rows:
        return
    documents, employees, until = (list(column) for column in zip(*rows, strict=True))
    given: dict[str, Any] = {
        "company": company_id,
        "kind": kind,
        "documents": documents,
        "employees": employees,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, given)

"""Deleting what is past its time: in portions, each a transaction of its own, so that none grows long."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

AT_ONCE = 5_000


def forget(rows: QuerySet[Any]) -> int:
    """Delete all of these; how many that were, with what hung on them. Repeatable, and safe to interrupt."""
    total = 0
    while some := _forget_some(rows):
        total += some
    return total


@transaction.atomic
def _forget_some(rows: QuerySet[Any]) -> int:
    found = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    # Asked again of each: whoever writes to one just now may be making it last.
    return rows.filter(pk__in=found).delete()[0] if found else 0

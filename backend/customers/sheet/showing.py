"""A row of a preview as a person may read it: in his language, and without what he may not see of customers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.customers.models import CustomerImportRow
from backend.customers.sheet.columns import CLASSES, columns_of
from backend.customers.sheet.problems import say


def headings_of(company_id: UUID) -> dict[str, str]:
    """{field: its name in the reader's language}"""
    return {column.field: str(column.name) for column in columns_of(company_id)}


def changes(row: CustomerImportRow, *, actor: Actor) -> list[dict[str, Any]]:
    """What was there is None where it is hidden from the actor; what his own file says is not."""
    return [
        change if all(map(actor.sees, CLASSES.get(change["field"], ()))) else {**change, "before": None}
        for change in row.changes
    ]


def problems(row: CustomerImportRow, headings: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "column": problem["column"],
            "heading": headings.get(problem["column"], problem["column"]),
            "code": problem["code"],
            "detail": say(problem["code"], problem["about"]),
        }
        for problem in row.problems
    ]


def sentence(row: CustomerImportRow, headings: Mapping[str, str]) -> str:
    """All of them in one cell."""
    return "; ".join(f"{told['heading']}: {told['detail']}" for told in problems(row, headings))

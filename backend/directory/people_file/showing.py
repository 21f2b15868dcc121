"""A row of a preview as a person may read it: in his language, and without what he may not see of colleagues."""

from typing import Any

from backend.core.actor import Actor
from backend.directory.models import DirectoryImportRow
from backend.directory.people_file.columns import column
from backend.directory.people_file.problems import say

CONTACT = frozenset({"phone", "email"})


def changes(row: DirectoryImportRow, *, actor: Actor) -> list[dict[str, Any]]:
    """Before and after are None where they are hidden from the actor."""
    hidden = frozenset() if actor.sees("colleague_contact") else CONTACT
    return [
        {**change, "before": None, "after": None} if change["field"] in hidden else change for change in row.changes
    ]


def problems(row: DirectoryImportRow) -> list[dict[str, Any]]:
    return [
        {
            "column": problem["column"],
            "heading": heading(row.sheet, problem["column"]),
            "code": problem["code"],
            "detail": say(problem["code"], problem["about"]),
        }
        for problem in row.problems
    ]


def heading(sheet: str, field: str) -> str:
    """The name of the column in the reader's language; a department has a status and no column for it."""
    kind = "employees" if field == "status" else sheet
    return str(column(kind, field).name)

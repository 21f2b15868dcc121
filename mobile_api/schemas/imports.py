from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from backend.directory.people_file.problems import TEXTS
from mobile_api.schemas.base import NOT_BLANK, In, Out

FileName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=NOT_BLANK)]
SheetName = Literal["departments", "employees"]
RowOutcome = Literal["created", "changed", "unchanged", "error"]
RowCode = Annotated[str, Field(json_schema_extra={"enum": [*TEXTS]})]
FieldName = Literal[
    "code", "name", "parent", "leader", "position", "number", "department", "manager", "roles", "phone", "email",
    "wecom", "status",
]  # fmt: skip


class ImportApplyIn(In):
    preview: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the answer that was looked at."""
    rows: Literal["all", "good"] = "all"
    """`all` is refused while a row is in error; `good` leaves those out."""


class RowCountsOut(Out):
    created: int
    changed: int
    unchanged: int
    error: int


class SheetCountsOut(Out):
    departments: RowCountsOut
    employees: RowCountsOut


class DirectoryImportOut(Out):
    id: UUID
    name: str
    status: Literal["previewed", "applied"]
    preview: str
    """Stands for what the rows say; whoever applies the import names it."""
    counts: SheetCountsOut
    """Rows of the preview."""
    ignored: list[str]
    """Headings of columns that mean nothing here, as they are written."""
    rows: Literal["all", "good"] | None
    """Which were taken; null before."""
    created_at: AwareDatetime
    previewed_at: AwareDatetime
    applied_at: AwareDatetime | None


class RowChangeOut(Out):
    """As text: codes and numbers of what is named."""

    field: FieldName
    before: str | None
    after: str | None
    """Both null where the caller may not see how colleagues are reached."""


class RowProblemOut(Out):
    column: FieldName
    heading: str
    """The column's name in the caller's language."""
    code: RowCode
    detail: str


class DirectoryImportRowOut(Out):
    sheet: SheetName
    number: int
    """As the spreadsheet counts."""
    key: str
    """The department's code, the employee's number."""
    outcome: RowOutcome
    changes: list[RowChangeOut]
    problems: list[RowProblemOut]


class DirectoryImportRowsOut(Out):
    items: list[DirectoryImportRowOut]
    next_cursor: str | None

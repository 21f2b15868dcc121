from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from backend.customers.models import CustomerImport
from backend.customers.sheet.problems import TEXTS
from mobile_api.schemas.base import In, Out

Alike = Literal["skip", "update", "create"]
"""What to do with a row that names no customer by its codes and looks like one that is there."""
CustomerRowOutcome = Literal["created", "changed", "unchanged", "skipped", "error"]
CustomerRowResult = Literal["applied", "outdated"]
CustomerRowCode = Annotated[str, Field(json_schema_extra={"enum": [*TEXTS]})]
ImportReason = Annotated[str, Field(json_schema_extra={"enum": [*CustomerImport.Reason.values]})]


class CustomerPreviewIn(In):
    alike: Alike = "skip"


class CustomerApplyIn(In):
    preview: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Of the answer that was looked at."""
    rows: Literal["all", "good"] = "all"
    """`all` is refused while a row is in error; `good` leaves those out."""


class LeftRowsIn(In):
    id: UUID | None = None


class CustomerRowCountsOut(Out):
    created: int
    changed: int
    unchanged: int
    skipped: int
    error: int


class CustomerImportOut(Out):
    id: UUID
    name: str
    phase: Literal["reading", "comparing", "previewed", "applying", "applied", "failed"]
    alike: Alike
    rows_done: int
    """Of the phase that is under way."""
    rows_total: int | None
    """Null until the file is read."""
    preview: str | None
    """Stands for what the rows say; whoever applies the import names it. Null before."""
    counts: CustomerRowCountsOut | None
    """Rows of the preview."""
    ignored: list[str]
    """Headings of columns that mean nothing here, as they are written."""
    rows: Literal["all", "good"] | None
    """Which were asked to be taken; null before."""
    rows_applied: int
    rows_outdated: int
    """Left, because their customer was changed after the preview."""
    reason: ImportReason | None
    detail: str | None
    """The reason in the caller's language."""
    created_at: AwareDatetime
    previewed_at: AwareDatetime | None
    applied_at: AwareDatetime | None


class CustomerImportsOut(Out):
    items: list[CustomerImportOut]
    next_cursor: str | None


class CustomerRowChangeOut(Out):
    """As text."""

    field: str
    before: str | None
    """Null where the caller may not see it."""
    after: str


class CustomerRowProblemOut(Out):
    column: str
    heading: str
    """The column's name in the caller's language."""
    code: CustomerRowCode
    detail: str


class CustomerImportRowOut(Out):
    number: int
    """As the spreadsheet counts."""
    code: str
    name: str
    """Both as the file has them."""
    outcome: CustomerRowOutcome | None
    """Null until it has been compared."""
    result: CustomerRowResult | None
    customer_id: UUID | None
    changes: list[CustomerRowChangeOut]
    problems: list[CustomerRowProblemOut]
    """Of a row that is skipped, why."""


class CustomerImportRowsOut(Out):
    items: list[CustomerImportRowOut]
    next_cursor: str | None

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from backend.exports.kinds import NAMES
from backend.exports.models import Export
from mobile_api.schemas.base import In, Out
from mobile_api.schemas.customers import CustomerMatch

ExportKind = Annotated[str, Field(json_schema_extra={"enum": sorted(NAMES)})]
ExportReason = Annotated[str, Field(json_schema_extra={"enum": [*Export.Reason.values]})]


class CustomersExportIn(In):
    """Which customers: as `GET /customers` would list them, from the first page to the last."""

    id: UUID | None = None
    filters: CustomerMatch = CustomerMatch()


class ExportLinkOut(Out):
    url: str
    """Works without a token. Ask for the export again where it has expired."""
    expires_at: AwareDatetime


class ExportOut(Out):
    id: UUID
    kind: ExportKind
    state: Literal["waiting", "running", "ready", "failed", "expired"]
    rows_done: int
    rows_total: int | None
    """Null until it has begun."""
    name: str
    """Of the file; empty before."""
    size: int | None
    link: ExportLinkOut | None
    """Where the file is, once it is ready."""
    reason: ExportReason | None
    detail: str | None
    """The reason in the caller's language."""
    created_at: AwareDatetime
    finished_at: AwareDatetime | None
    expires_at: AwareDatetime
    """Then it is forgotten."""


class ExportsOut(Out):
    items: list[ExportOut]
    next_cursor: str | None

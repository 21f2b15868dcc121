"""Departments and employees by file: out with `/exports`, in with `/imports`, whose preview somebody confirms."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.core.spreadsheets import BadFile
from backend.core.text import bilingual
from backend.core.workbooks import XLSX
from backend.directory import selectors
from backend.directory.models import DirectoryImport, DirectoryImportRow
from backend.directory.people_file import showing
from backend.directory.services import exports, imports
from mobile_api.auth import Request
from mobile_api.paging import page
from mobile_api.problems import language_of, problem
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.imports import (
    DirectoryImportOut,
    DirectoryImportRowsOut,
    FileName,
    ImportApplyIn,
    RowOutcome,
)

router = Router(tags=["directory"])
CSV = "text/csv"
FILE = {"schema": {"type": "string", "format": "binary"}}
FILES = {"requestBody": {"required": True, "content": {XLSX: FILE, CSV: FILE}}}
WORKBOOK = {"responses": {200: {"description": "The workbook", "content": {XLSX: FILE}}}}


@router.post(
    "/imports",
    response={200: DirectoryImportOut, 201: DirectoryImportOut},
    openapi_extra=FILES,
)
def upload_import(request: Request, name: FileName = "import", id: UUID | None = None) -> Any:
    """The body is the file, XLSX or CSV. It is kept and previewed; nothing else changes. Repeat it with the same `id`
    for a fresh preview."""
    request.auth.require("directory.manage")  # before megabytes are read for nothing
    if (refused := refused_type(request)) is not None:
        return refused
    made, created = imports.upload(actor=request.auth, id=id, name=name, content=file_of(request), at=clock.now())
    return Status(201 if created else 200, _import(made))


@router.get("/imports/{uuid:import_id}", response=DirectoryImportOut)
def get_import(request: Request, import_id: UUID) -> dict[str, Any]:
    return _import(selectors.get_import(actor=request.auth, import_id=import_id))


@router.get("/imports/{uuid:import_id}/rows", response=DirectoryImportRowsOut)
def list_import_rows(
    request: Request,
    import_id: UUID,
    outcome: RowOutcome | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> dict[str, Any]:
    """In the order of the file, departments first: what each row does, or what is wrong with it."""
    rows = selectors.list_import_rows(actor=request.auth, import_id=import_id, outcome=outcome)

    def show(row: DirectoryImportRow) -> dict[str, Any]:
        return _row(row, request.auth)

    with translation.override(language_of(request)):
        return page(rows, by="created_at", limit=limit, cursor=cursor, show=show, pk_type=int)


@router.post("/imports/{uuid:import_id}/apply", response=DirectoryImportOut)
def apply_import(request: Request, import_id: UUID, body: ImportApplyIn) -> dict[str, Any]:
    """What the preview says, in one transaction; 409 `preview_outdated` where it would do something else by now."""
    done = imports.apply(actor=request.auth, import_id=import_id, preview=body.preview, rows=body.rows, at=clock.now())
    return _import(done)


@router.get("/exports/people.xlsx", response={200: None}, openapi_extra=WORKBOOK)
def export_people(request: Request) -> HttpResponse:
    """Departments and employees as far as the caller sees them; can be imported again as it is."""
    return workbook("people.xlsx", exports.export(actor=request.auth, at=clock.now()))


@router.get("/exports/template.xlsx", response={200: None}, openapi_extra=WORKBOOK)
def export_template(request: Request) -> HttpResponse:
    """An empty file to fill in, with notes."""
    return workbook("template.xlsx", exports.template(actor=request.auth))


def refused_type(request: HttpRequest) -> HttpResponse | None:
    if request.content_type in {XLSX, CSV}:
        return None
    return problem(request, 415, "unsupported_media_type", bilingual("请用 XLSX 或 CSV。", "Send XLSX or CSV."))


def file_of(request: HttpRequest) -> bytes:
    """All of it, or BadFile: half a table would be another table."""
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    try:
        content: bytes = request.read(announced)
    except OSError as exc:
        raise BadFile() from exc
    if not content or len(content) != announced:
        raise BadFile()
    return content


def workbook(name: str, content: bytes) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=XLSX, headers=headers)


def _import(made: DirectoryImport) -> dict[str, Any]:
    return {
        "id": made.pk,
        "name": made.name,
        "status": made.status,
        "preview": made.preview,
        "counts": made.counts,
        "ignored": made.ignored,
        "rows": made.rows_taken or None,
        "created_at": made.created_at,
        "previewed_at": made.previewed_at,
        "applied_at": made.applied_at,
    }


def _row(row: DirectoryImportRow, actor: Actor) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "number": row.number,
        "key": row.key,
        "outcome": row.outcome,
        "changes": showing.changes(row, actor=actor),
        "problems": showing.problems(row),
    }

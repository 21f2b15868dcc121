"""Customers by file: uploaded and previewed by a job, looked at, confirmed, and taken in by a job."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from ninja import Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import CustomerImport, CustomerImportRow
from backend.customers.selectors import imports as selectors
from backend.customers.services import imports
from backend.customers.sheet import showing
from backend.customers.sheet.template import template
from backend.exports import services as exports
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.paging import page
from mobile_api.problems import language_of
from mobile_api.routers.exports import export_out
from mobile_api.routers.imports import FILES, WORKBOOK, file_of, refused_type, workbook
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.customer_imports import (
    Alike,
    CustomerApplyIn,
    CustomerImportOut,
    CustomerImportRowsOut,
    CustomerImportsOut,
    CustomerPreviewIn,
    CustomerRowOutcome,
    CustomerRowResult,
    LeftRowsIn,
)
from mobile_api.schemas.exports import ExportOut
from mobile_api.schemas.imports import FileName

router = Router(tags=["customers"])


@router.post("/imports", response={200: CustomerImportOut, 202: CustomerImportOut}, openapi_extra=FILES)
def upload_customers(request: Request, name: FileName = "import", id: UUID | None = None, alike: Alike = "skip") -> Any:
    """The body is the file, XLSX or CSV. A job reads and previews it; nothing else changes."""
    request.auth.require("customer.import")  # before megabytes are read for nothing
    if (refused := refused_type(request)) is not None:
        return refused
    made, new = imports.upload(
        actor=request.auth, id=id, name=name, content=file_of(request), alike=alike, at=clock.now()
    )
    return Status(202 if new else 200, _import(made))


@router.get("/imports", response=CustomerImportsOut)
def list_customer_imports(request: Request, limit: Limit = 20, cursor: Cursor | None = None) -> HttpResponseBase:
    """The caller's own."""
    rows = selectors.list_imports(actor=request.auth)
    with translation.override(language_of(request)):
        return json_reply(request, page(rows, by="created_at", limit=limit, cursor=cursor, show=_import))


@router.get("/imports/template.xlsx", response={200: None}, openapi_extra=WORKBOOK)
def customer_template(request: Request) -> HttpResponse:
    """An empty file to fill in, with notes and the company's own fields."""
    return workbook("customers-template.xlsx", template(actor=request.auth))


@router.get("/imports/{uuid:import_id}", response=CustomerImportOut)
def get_customer_import(request: Request, import_id: UUID) -> dict[str, Any]:
    """How far it is."""
    return _import(selectors.get_import(actor=request.auth, import_id=import_id))


@router.get("/imports/{uuid:import_id}/rows", response=CustomerImportRowsOut)
def list_customer_import_rows(
    request: Request,
    import_id: UUID,
    outcome: CustomerRowOutcome | None = None,
    result: CustomerRowResult | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> dict[str, Any]:
    """In the order of the file: what each row does, or what is wrong with it."""
    rows = selectors.list_rows(actor=request.auth, import_id=import_id, outcome=outcome, result=result)
    with translation.override(language_of(request)):
        headings = showing.headings_of(request.auth.company_id)

        def show(row: CustomerImportRow) -> dict[str, Any]:
            return _row(row, request.auth, headings)

        return page(rows, by="created_at", limit=limit, cursor=cursor, show=show, pk_type=int)


@router.post("/imports/{uuid:import_id}/preview", response={202: CustomerImportOut})
def preview_customer_import(request: Request, import_id: UUID, body: CustomerPreviewIn) -> Status[dict[str, Any]]:
    """Compare again, with things as they are now and with this choice."""
    found = imports.preview_again(actor=request.auth, import_id=import_id, alike=body.alike, at=clock.now())
    return Status(202, _import(found))


@router.post("/imports/{uuid:import_id}/apply", response={202: CustomerImportOut})
def apply_customer_import(request: Request, import_id: UUID, body: CustomerApplyIn) -> Status[dict[str, Any]]:
    """What the preview says, by a job; a row whose customer was changed since is left and reported."""
    found = imports.apply(actor=request.auth, import_id=import_id, preview=body.preview, rows=body.rows, at=clock.now())
    return Status(202, _import(found))


@router.post("/imports/{uuid:import_id}/left-rows", response={200: ExportOut, 202: ExportOut})
def export_left_rows(request: Request, import_id: UUID, body: LeftRowsIn) -> Status[dict[str, Any]]:
    """The rows that are in error, skipped or left, as a workbook with what is wrong: correct it and upload it again."""
    filters = {"import_id": str(import_id)}
    export, new = exports.ask(
        actor=request.auth, kind="customer_import_rows", filters=filters, id=body.id, at=clock.now()
    )
    return Status(202 if new else 200, export_out(export, actor=request.auth))


def _import(made: CustomerImport) -> dict[str, Any]:
    return {
        "id": made.pk,
        "name": made.name,
        "phase": made.state,
        "alike": made.alike,
        "rows_done": made.rows_done,
        "rows_total": made.rows_total,
        "preview": made.preview if made.previewed_at and made.phase != CustomerImport.Phase.COMPARING else None,
        "counts": made.counts or None,
        "ignored": made.ignored,
        "rows": made.rows_taken or None,
        "rows_applied": made.rows_applied,
        "rows_outdated": made.rows_outdated,
        "reason": made.why or None,
        "detail": str(CustomerImport.Reason(made.why).label) if made.why else None,
        "created_at": made.created_at,
        "previewed_at": made.previewed_at,
        "applied_at": made.applied_at,
    }


def _row(row: CustomerImportRow, actor: Actor, headings: dict[str, str]) -> dict[str, Any]:
    return {
        "number": row.number,
        "code": row.cells.get("code", ""),
        "name": row.cells.get("name", ""),
        "outcome": row.outcome or None,
        "result": row.result or None,
        "customer_id": row.customer_id,
        "changes": showing.changes(row, actor=actor),
        "problems": showing.problems(row, headings),
    }

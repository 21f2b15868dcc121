"""Files made by a job: asked for where their content is at home, followed and fetched here."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import translation
from ninja import Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.exports import selectors, services
from backend.exports.models import Export
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.problems import language_of
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.exports import CustomersExportIn, ExportOut, ExportsOut

router = Router(tags=["exports"])


@router.post("/customers/exports", response={200: ExportOut, 202: ExportOut})
def export_customers(request: Request, body: CustomersExportIn) -> Status[dict[str, Any]]:
    """Customers with their contacts, places and own fields, as far as the caller sees them when the file is made."""
    return asked(request, "customers", body)


@router.get("/exports", response=ExportsOut)
def list_exports(request: Request, limit: Limit = 20, cursor: Cursor | None = None) -> HttpResponseBase:
    """The caller's own, newest first, for as long as they are kept."""
    rows = selectors.list_exports(actor=request.auth)
    with translation.override(language_of(request)):
        return json_reply(
            request,
            paging.page(
                rows, by="created_at", limit=limit, cursor=cursor, show=partial(export_out, actor=request.auth)
            ),
        )


@router.get("/exports/{export_id}", response=ExportOut)
def get_export(request: Request, export_id: UUID) -> HttpResponseBase:
    """How far it is; with the link, once it is ready."""
    export = selectors.get_export(actor=request.auth, export_id=export_id)
    with translation.override(language_of(request)):
        return json_reply(request, export_out(export, actor=request.auth))


def asked(request: Request, kind: str, body: Any) -> Status[dict[str, Any]]:
    """202 with the export that is owed now, 200 with the stored one where it was sent again."""
    filters = body.filters.model_dump(mode="json", exclude_none=True)
    export, new = services.ask(actor=request.auth, kind=kind, filters=filters, id=body.id, at=clock.now())
    return Status(202 if new else 200, export_out(export, actor=request.auth))


def export_out(export: Export, *, actor: Actor) -> dict[str, Any]:
    at = clock.now()
    found = selectors.link(export, actor=actor, at=at)
    return {
        "id": export.pk,
        "kind": export.kind,
        "state": export.state(at),
        "rows_done": export.rows_done,
        "rows_total": export.rows_total,
        "name": export.name,
        "size": export.size,
        "link": {"url": found[0], "expires_at": found[1]} if found else None,
        "reason": export.why or None,
        "detail": str(Export.Reason(export.why).label) if export.why else None,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "expires_at": export.expires_at,
    }

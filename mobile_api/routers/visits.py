from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status

from backend.core import clock
from backend.core.actor import Actor
from backend.visits import selectors, services
from backend.visits.known import sees_promises
from backend.visits.models import Visit, VisitComment, VisitPhoto
from backend.visits.rules import coarse
from backend.visits.selectors import hot
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import etag_of, is_current, json_reply, not_modified
from mobile_api.schemas.visits import (
    CancelIn,
    CheckInIn,
    CheckOutIn,
    CommentIn,
    CommentOut,
    PhotoIn,
    PhotoOut,
    SummaryIn,
    VisitFilters,
    VisitIn,
    VisitOut,
    VisitScreenOut,
    VisitsOut,
)

router = Router(tags=["visits"])


@router.get("/visits", response=VisitsOut)
def list_visits(request: Request, query: Query[VisitFilters]) -> HttpResponseBase:
    since, until = selectors.bounds_of(actor=request.auth, first=query.first, last=query.last)
    if query.customer or query.owner:
        rows = selectors.list_visits(
            actor=request.auth,
            status=query.status,
            customer_id=query.customer,
            owner_id=query.owner,
            since=since,
            until=until,
        )
        shown = paging.page(rows, by="started_at", limit=query.limit, cursor=query.cursor, show=item_of)
    else:
        shown = _newest(request, query, since, until)
    return json_reply(request, shown)


@router.post("/visits", response={200: VisitOut, 201: VisitOut})
def create_visit(request: Request, body: VisitIn) -> Status[dict[str, Any]]:
    visit, created = services.create_visit(actor=request.auth, at=clock.now(), **body.model_dump())
    return Status(201 if created else 200, visit_out(visit))


@router.get("/visits/{visit_id}", response=VisitScreenOut)
def get_visit(request: Request, visit_id: UUID) -> HttpResponseBase:
    reader: Actor = request.auth
    seen = sorted(reader.fields)
    if "HTTP_IF_NONE_MATCH" in request.META:
        etag = etag_of(visit_id, hot.visit_stamp(actor=reader, visit_id=visit_id), seen)
        if is_current(request, etag):
            return not_modified(etag)
    screen = hot.visit_screen(actor=reader, visit_id=visit_id)
    return json_reply(request, _screen(screen, reader), etag=etag_of(visit_id, screen.stamp, seen))


@router.post("/visits/{visit_id}/check-in", response=VisitOut)
def check_in(request: Request, visit_id: UUID, body: CheckInIn) -> dict[str, Any]:
    return visit_out(services.check_in(actor=request.auth, visit_id=visit_id, at=clock.now(), **body.model_dump()))


@router.post("/visits/{visit_id}/check-out", response=VisitOut)
def check_out(request: Request, visit_id: UUID, body: CheckOutIn) -> dict[str, Any]:
    return visit_out(services.check_out(actor=request.auth, visit_id=visit_id, at=clock.now(), **body.model_dump()))


@router.post("/visits/{visit_id}/cancel", response=VisitOut)
def cancel_visit(request: Request, visit_id: UUID, body: CancelIn) -> dict[str, Any]:
    return visit_out(services.cancel_visit(actor=request.auth, visit_id=visit_id, at=clock.now(), **body.model_dump()))


@router.post("/visits/{visit_id}/summary", response=VisitOut)
def write_summary(request: Request, visit_id: UUID, body: SummaryIn) -> dict[str, Any]:
    return visit_out(services.write_summary(actor=request.auth, visit_id=visit_id, at=clock.now(), **body.model_dump()))


@router.post("/visits/{visit_id}/photos", response={200: PhotoOut, 201: PhotoOut})
def add_photo(request: Request, visit_id: UUID, body: PhotoIn) -> Status[dict[str, Any]]:
    photo, created = services.add_photo(
        actor=request.auth, visit_id=visit_id, attachment_id=body.file_id, tag=body.tag, at=clock.now()
    )
    return Status(201 if created else 200, _photo(photo))


@router.post("/visits/{visit_id}/comments", response={200: CommentOut, 201: CommentOut})
def comment(request: Request, visit_id: UUID, body: CommentIn) -> Status[dict[str, Any]]:
    said, created = services.comment(actor=request.auth, visit_id=visit_id, at=clock.now(), **body.model_dump())
    return Status(201 if created else 200, _comment(said))


def _newest(request: Request, query: VisitFilters, since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """As `paging.page`, over the rows of the hot read."""
    rows = hot.newest_visits(
        actor=request.auth,
        limit=query.limit + 1,
        before=paging.decode(query.cursor) if query.cursor else None,
        since=since,
        until=until,
        status=query.status,
    )
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return {
        "items": [item(row) for row in rows[: query.limit]],
        "next_cursor": paging.encode(last.started_at, last.id) if last else None,
    }


def item_of(visit: Visit) -> dict[str, Any]:
    return item(hot.VisitRow.of(visit))


def item(row: hot.VisitRow | hot.VisitScreen) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "status": row.status,
        "customer": {"id": row.customer_id, "name": row.customer_name},
        "owner": {"id": row.owner_id, "name": row.owner_name},
        "department_id": row.department_id,
        "plan_id": row.plan_id,
        "purpose": row.purpose,
        "started_at": row.started_at,
        "checked_in_at": row.checked_in_at,
        "checked_out_at": row.checked_out_at,
        "closed_by": row.closed_by or None,
        "verdict": row.verdict or None,
        "distance_m": row.distance_m,
        "decision": row.decision or None,
    }


def _details(visit: Visit | hot.VisitScreen) -> dict[str, Any]:
    return {
        "cancel_reason": visit.cancel_reason,
        "summary": visit.summary,
        "next_step": visit.next_step,
        "next_on": visit.next_on,
        "decision_reason": visit.decision_reason,
        "decided_at": visit.decided_at,
    }


def visit_out(visit: Visit) -> dict[str, Any]:
    return item_of(visit) | _details(visit) | {"reasons": visit.reasons}


def _screen(screen: hot.VisitScreen, reader: Actor) -> dict[str, Any]:
    evidence = {
        "captured_at": screen.captured_at,
        "skew_s": screen.skew_s,
        "kept_back_s": screen.kept_back_s,
        "check_out_kept_back_s": screen.check_out_kept_back_s,
        "device_id": screen.device_id,
        "position": _coarse(screen),
    }
    return {
        **item(screen),
        **_details(screen),
        "reasons": orjson.Fragment(screen.reasons),
        "decided_by": {"id": screen.decided_by_id, "name": screen.decided_by_name} if screen.decided_by_id else None,
        "evidence": evidence if screen.checked_in_at else None,
        "companions": orjson.Fragment(screen.companions),
        "photos": orjson.Fragment(screen.photos),
        "comments": orjson.Fragment(screen.comments),
        "likes": orjson.Fragment(screen.likes),
        "read_by": orjson.Fragment(screen.readings),
        "template": _template(screen),
        "actions": list(screen.progress.steps(amounts=sees_promises(reader, screen.owner_id))),
        "missing_actions": screen.missing_actions,
    }


def _template(screen: hot.VisitScreen) -> dict[str, Any] | None:
    if screen.template_id is None:
        return None
    return {"id": screen.template_id, "name": screen.template_name, "version": screen.template_number}


def _coarse(screen: hot.VisitScreen) -> dict[str, Any] | None:
    if screen.lat is None or screen.lng is None or screen.accuracy_m is None:
        return None
    return {**coarse(screen.lat, screen.lng, screen.accuracy_m)._asdict(), "crs": "wgs84"}


def _photo(photo: VisitPhoto) -> dict[str, Any]:
    file = photo.attachment
    return {
        "file_id": file.pk,
        "name": file.name,
        "type": file.content_type,
        "status": file.status,
        "tag": photo.tag,
        "created_at": photo.created_at,
    }


def _comment(said: VisitComment) -> dict[str, Any]:
    author = {"id": said.author_id, "name": said.author.name}
    return {"id": said.pk, "author": author, "text": said.text, "created_at": said.created_at}

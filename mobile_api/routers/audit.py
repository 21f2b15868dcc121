from typing import Annotated, Any

from django.http.response import HttpResponseBase
from ninja import Path, Query, Router

from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.events import auditing
from backend.events.auditing import Entry, Line, Search
from backend.events.models import Event
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.paging import page
from mobile_api.schemas.audit import AuditEventOut, AuditEventsOut, AuditQuery

router = Router(tags=["audit"])


@router.get("/audit", response=AuditEventsOut)
def list_events(request: Request, query: Query[AuditQuery]) -> HttpResponseBase:
    """The trail of the whole company, newest first: every change with before and after, every sign-in and every look at
    what is only looked at on record. Needs `audit.read`; fields of classes the caller does not see are hidden."""
    search = Search(
        person_id=query.person,
        on_behalf_of_id=query.on_behalf_of,
        kind=query.kind,
        subject_type=query.subject_type,
        subject_id=query.subject,
        since=query.since,
        until=query.until,
        address=query.address,
        device=query.device,
        request_id=query.request_id,
        text=query.q,
    )
    rows = auditing.list_events(actor=request.auth, search=search)
    found = page(rows, by="at", limit=query.limit, cursor=query.cursor, show=_itself, pk_type=int)
    return json_reply(request, {**found, "items": _shown(found["items"], request.auth)})


@router.get("/audit/{event_id}", response=AuditEventOut)
def get_event(request: Request, event_id: Annotated[int, Path(ge=1, le=2**63 - 1)]) -> HttpResponseBase:
    event = auditing.get_event(actor=request.auth, event_id=event_id)
    return json_reply(request, _shown([event], request.auth)[0])


def _itself(event: Event) -> Event:
    return event


def _shown(events: list[Event], actor: Actor) -> list[dict[str, Any]]:
    """All at once, for what they point to is named in one query."""
    return [_entry(entry) for entry in auditing.entries(events, sees=actor.sees)]


def _entry(entry: Entry) -> dict[str, Any]:
    event = entry.event
    return {
        "id": event.pk,
        "at": event.at,
        "kind": event.name,
        "kind_name": entry.kind_name,
        "person": _person(event.actor),
        "on_behalf_of": _person(event.on_behalf_of),
        "subject": {
            "type": event.subject_type,
            "type_name": entry.subject_type_name,
            "id": event.subject_id,
            "name": entry.subject_name,
        },
        "changes": [{**_line(line), "before": line.before, "after": line.after} for line in entry.changes],
        "details": [{**_line(line), "value": line.after} for line in entry.details],
        "address": event.address,
        "device": event.device,
        "request_id": event.request_id,
    }


def _line(line: Line) -> dict[str, Any]:
    return {"field": line.field, "label": line.label, "hidden": line.hidden}


def _person(employee: Employee | None) -> dict[str, Any] | None:
    return None if employee is None else {"id": employee.pk, "name": employee.name}

from typing import Any

from django.http.response import HttpResponseBase
from ninja import Router

from backend.core import clock
from mobile_api.auth import Request
from mobile_api.caching import etag_of, is_current, json_reply, not_modified
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Limit, When
from mobile_api.schemas.notifications import NotificationsOut, ReadIn, ReadOut
from notifications import selectors, services
from notifications.catalogue import is_urgent
from notifications.models import Notification

router = Router(tags=["notifications"])


@router.get("/notifications", response=NotificationsOut)
def list_notifications(
    request: Request,
    since: When | None = None,
    unread: bool = False,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> HttpResponseBase:
    """Newest first. Polled: with `If-None-Match` it answers 304 while the inbox is as it was."""
    inbox = selectors.inbox(actor=request.auth)
    etag = etag_of("notifications", inbox, since, unread, limit, cursor)
    if is_current(request, etag):
        return not_modified(etag)
    rows = selectors.list_notifications(actor=request.auth, since=since, unread=unread)
    found = page(rows, by="created_at", limit=limit, cursor=cursor, show=_shown)
    return json_reply(request, {**found, "unread": inbox.unread}, etag=etag)


@router.post("/notifications/read", response=ReadOut)
def mark_read(request: Request, body: ReadIn) -> ReadOut:
    unread = services.mark_read(actor=request.auth, ids=body.ids, up_to=body.up_to, at=clock.now())
    return ReadOut(unread=unread)


def _shown(notification: Notification) -> dict[str, Any]:
    return {
        "id": notification.pk,
        "kind": notification.kind,
        "title": notification.title,
        "body": notification.body,
        "path": notification.path,
        "subject_type": notification.subject_type,
        "subject_id": notification.subject_id,
        "urgent": is_urgent(notification.kind),
        "created_at": notification.created_at,
        "read_at": notification.read_at,
    }

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from backend.core.actor import Actor
from backend.directory.models import Employee
from notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Inbox:
    """Two equal ones hold the same notifications, read and unread alike: what is newest only moves forward, and
    while it stays, the unread only grow fewer."""

    newest_id: UUID | None
    unread: int


def list_notifications(*, actor: Actor, since: datetime | None = None, unread: bool = False) -> QuerySet[Notification]:
    """The actor's own inbox, newest first; only what came after `since`, only what he has not read."""
    rows = Notification.objects.filter(recipient_id=actor.person_id)
    if since is not None:
        rows = rows.filter(created_at__gt=since)
    if unread:
        rows = rows.filter(read_at=None)
    return rows.order_by("-created_at", "-id")


def unread_count(*, actor: Actor) -> int:
    """One look into a partial index."""
    return Notification.objects.filter(recipient_id=actor.person_id, read_at=None).count()


def inbox(*, actor: Actor) -> Inbox:
    """What tells whether anything has changed, in one query."""
    mine = Notification.objects.filter(recipient_id=OuterRef("pk"))
    newest = mine.order_by("-created_at", "-id").values("pk")[:1]
    unread = mine.filter(read_at=None).values("recipient_id").annotate(n=Count("*")).values("n")
    newest_id, number = Employee.objects.values_list(Subquery(newest), Coalesce(Subquery(unread), 0)).get(
        pk=actor.person_id
    )
    return Inbox(newest_id, number)

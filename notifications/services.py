from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import translation

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.directory.models import Employee
from backend.events.models import Event
from backend.events.owed import wake_dispatcher
from notifications import selectors
from notifications.catalogue import RULES, SETTLES, Rule
from notifications.facts import facts_of
from notifications.models import Message, Notification
from notifications.recipients import who_may_know

HEAD_START = timedelta(hours=1)
"""Messages go out in the order of `due_at`: an urgent one overtakes up to an hour's backlog."""


@transaction.atomic
def handle(event: Event) -> None:
    """Turn one event into one notification a person and one message a channel. Twice is once.

    The recipients are locked, in sorted order, so that one inbox grows in one order (see `Notification.created_at`).
    """
    if (kind := SETTLES.get(event.name)) is not None:
        _settle(kind, event)
    rule = RULES.get(event.name)
    if rule is None or not rule.applies(event) or rule.moot(event):
        return
    ids = [person.pk for person in who_may_know(event, rule.recipients(event))]
    people = list(Employee.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk"))
    told = set(Notification.objects.filter(event=event).values_list("recipient_id", flat=True))
    notifications = [_written(event, rule, person) for person in people if person.pk not in told]
    Notification.objects.bulk_create(notifications)
    _send(notifications, rule, event)


@transaction.atomic
def mark_read(*, actor: Actor, ids: Collection[UUID] = (), up_to: UUID | None = None, at: datetime) -> int:
    """Mark these as read, or this one and all before it; the number still unread. Twice is once.

    Raises NotFound, and changes nothing, where one is not in the actor's inbox. That he has read it is written on the
    row itself and is no event: nobody else learns of it.
    """
    inbox = selectors.list_notifications(actor=actor)
    wanted = set(ids) if up_to is None else {*ids, up_to}
    found = {notification.pk: notification for notification in inbox.filter(pk__in=wanted)}
    if found.keys() != wanted:
        raise NotFound()
    unread = inbox.filter(read_at=None)
    unread.filter(pk__in=found).update(read_at=at)
    if up_to is not None:
        unread.filter(created_at__lte=found[up_to].created_at).update(read_at=at)
    return selectors.unread_count(actor=actor)


def _settle(kind: str, event: Event) -> None:
    """Of what it answers; by the events, which have an index on what they are about."""
    answered = Event.objects.filter(subject_type=event.subject_type, subject_id=event.subject_id, name=kind)
    Notification.objects.filter(event__in=answered, read_at=None).update(read_at=event.at)


def _written(event: Event, rule: Rule, person: Employee) -> Notification:
    """What is not for his eyes is not in his push either."""
    with translation.override(person.language):
        facts = facts_of(event, sees=person.sees)
    title = rule.title.filled(facts, language=person.language)
    return Notification(
        company_id=event.company_id,
        event=event,
        recipient=person,
        kind=event.name,
        title=title,
        body=rule.body.filled_lines(facts, language=person.language) or title,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        path=rule.path.format(id=event.subject_id),
    )


def _send(notifications: list[Notification], rule: Rule, event: Event) -> None:
    messages = [
        Message(company_id=event.company_id, notification=notification, channel=channel)
        for notification in notifications
        for channel in rule.channels
    ]
    if rule.urgent:
        for message in messages:
            message.due_at -= HEAD_START
    if messages:
        Message.objects.bulk_create(messages)
        wake_dispatcher()

"""One inbox grows in one order, whatever happens at once."""

import threading

import pytest
from django.db import connection, transaction

from backend.core import clock
from backend.core.actor import Actor
from backend.events import services as events
from backend.events.models import Event
from notifications import selectors, services
from notifications.models import Message, Notification
from tests.notifications.subjects import visit_of
from tests.support.cast import Cast
from tests.support.processes import eventually
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def comment_on(cast: Cast, text: str) -> Event:
    actor = Actor.system(cast.company.pk)
    return events.record("visit.commented", visit_of(cast.li), actor=actor, at=clock.now(), text=text)


def test_one_event_handled_by_eight_workers_tells_once(cast: Cast):
    event = comment_on(cast, "好")
    assert together(8, lambda _: services.handle(event)) == [None] * 8
    assert Notification.objects.count() == Message.objects.count() == 1


def test_eight_events_at_once_are_eight_notifications(cast: Cast):
    happened = [comment_on(cast, str(number)) for number in range(8)]
    assert together(8, lambda number: services.handle(happened[number])) == [None] * 8
    inbox = selectors.list_notifications(actor=cast.actor(cast.li))
    assert sorted(inbox.values_list("body", flat=True)) == [str(number) for number in range(8)]
    assert len(set(inbox.values_list("created_at", flat=True))) == 8


def test_nothing_appears_later_with_an_earlier_time(cast: Cast):
    """A phone that asks for what came since its newest, and a person who marks all he saw as read, miss nothing."""
    slow, quick = comment_on(cast, "慢"), comment_on(cast, "快")
    thread = threading.Thread(target=handle_and_close, args=[quick])
    with transaction.atomic():
        services.handle(slow)  # written, not yet committed
        thread.start()
        eventually(somebody_waits_for_a_row, what="the quick one to wait for the slow one")
        assert not Notification.objects.filter(event=quick).exists()
    thread.join(60)
    inbox = selectors.list_notifications(actor=cast.actor(cast.li))
    assert list(inbox.values_list("body", flat=True)) == ["快", "慢"]


def handle_and_close(event: Event) -> None:
    try:
        services.handle(event)
    finally:
        connection.close()


def somebody_waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it would not change
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])

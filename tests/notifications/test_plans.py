"""An inbox of years is polled as cheaply as an empty one."""

import pytest
from django.db import connection

from notifications import selectors
from notifications.models import Notification
from tests.notifications.subjects import visit_of
from tests.support.cast import Cast
from tests.support.plans import plans_of


@pytest.fixture
def years(cast: Cast, happen) -> None:
    """20,000 notifications of Li Lei, ten of them unread."""
    event = happen("visit.commented", visit_of(cast.li), by=cast.han, text="好")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_notification DROP CONSTRAINT tell_each_person_once")
        cursor.execute(
            """
            INSERT INTO notifications_notification (id, company_id, event_id, recipient_id, kind, title, body,
                                                    subject_type, subject_id, path, created_at, read_at)
            SELECT gen_random_uuid(), %s, %s, %s, 'visit.commented', '', '', '', gen_random_uuid(), '',
                   now() - n * interval '1 s', CASE WHEN n > 10 THEN now() END
            FROM generate_series(1, 20000) n
            """,
            [cast.company.pk, event.pk, cast.li.pk],
        )
        cursor.execute("ANALYZE notifications_notification")


def test_every_question_is_answered_by_an_index(years, cast: Cast):
    actor = cast.actor(cast.li)
    head = plans_of(lambda: selectors.inbox(actor=actor))
    count = plans_of(lambda: selectors.unread_count(actor=actor))
    page = plans_of(lambda: list(selectors.list_notifications(actor=actor)[:21]))
    unread = plans_of(lambda: list(selectors.list_notifications(actor=actor, unread=True)[:21]))
    assert "using notification_newest" in head
    assert all("using notification_unread" in plan for plan in (head, count, unread))
    assert "using notification_newest" in page
    for plan in (head, count, page, unread):
        assert "Seq Scan on notifications" not in plan
        assert "Sort" not in plan
    assert Notification.objects.count() == 20_000

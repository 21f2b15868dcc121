"""At fifty thousand rows the dispatcher still looks only where something is due."""

import pytest
from django.db import connection

from backend.events import owed
from backend.events.models import Delivery
from tests.support.cast import Cast
from tests.support.plans import plans_of

BACKLOG = 50_000


@pytest.fixture
def backlog(owe, cast: Cast) -> None:
    """That many due rows, some done ones, and a handful of dead letters."""
    event = owe().event
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO events_delivery (company_id, event_id, consumer, status, attempts, due_at, created_at,
                                         finished_at, error)
            SELECT %s, %s, 'c' || n, CASE WHEN n <= %s THEN 'pending' WHEN n %% 1000 = 0 THEN 'dead' ELSE 'done' END,
                   0, now() - n * interval '1 ms', now(), CASE WHEN n > %s THEN now() END, ''
            FROM generate_series(1, %s) n
            """,
            [cast.company.pk, event.pk, BACKLOG, BACKLOG, BACKLOG + 5000],
        )
        cursor.execute("ANALYZE events_delivery")


def test_due_rows_are_found_by_their_index(backlog):
    plan = plans_of(Delivery.take_due)
    assert "Index Scan using delivery_due" in plan
    assert "Seq Scan" not in plan


def test_a_row_is_claimed_and_finished_by_its_key(backlog):
    row = Delivery.objects.filter(status="pending").latest("pk")
    plan = plans_of(lambda: Delivery.perform(row.pk, lambda held: None))
    assert plan.count("Index Scan using events_delivery_pkey") == 3
    assert "Seq Scan" not in plan


def test_dead_letters_are_listed_by_their_index(backlog):
    plan = plans_of(lambda: list(Delivery.dead_letters()[:50]))
    assert "Index Scan using delivery_dead" in plan
    assert "Sort" not in plan
    assert Delivery.dead_letters().count() == Delivery.objects.filter(status="dead").count() == 5


def test_a_backlog_drains_oldest_first_and_whole(backlog, monkeypatch):
    """Five rounds of dispatcher and workers; the due rows keep their order and none comes twice."""
    oldest = list(Delivery.objects.filter(status="pending").order_by("due_at").values_list("pk", flat=True)[:5000])
    taken: list[int] = []
    for _ in range(5):
        while ids := Delivery.take_due():
            taken += ids
        Delivery.objects.filter(pk__in=taken).update(status="done", finished_at=owed.clock.now())
    assert len(taken) == 5 * owed.HANDED_OUT_AT_ONCE
    assert set(taken) == set(oldest)

"""What becomes of an owed row, attempt by attempt."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine

from backend.core import clock
from backend.events import owed
from backend.events.models import Delivery
from backend.events.owed import Configuration, PermanentFailure
from tests.support.threads import together

Status = Delivery.Status


def fail(row: Delivery) -> None:
    raise RuntimeError("no answer")


def nothing(row: Delivery) -> None:
    pass


@contextmanager
def after(seconds: float):
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=False):
        yield


def waits_for(row: Delivery) -> float:
    row.refresh_from_db()
    return (row.due_at - clock.now()).total_seconds()


def test_done_once_is_done(owe):
    row, done = owe(), []
    assert Delivery.perform(row.pk, done.append) is True
    assert Delivery.perform(row.pk, done.append) is False
    assert [performed.pk for performed in done] == [row.pk]
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == (Status.DONE, 1, "")
    assert row.finished_at is not None


def test_nobody_else_gets_a_row_that_is_being_worked_on(owe):
    row, tries = owe(), []
    Delivery.perform(row.pk, lambda held: tries.append(Delivery.perform(held.pk, nothing)))
    assert tries == [False]
    row.refresh_from_db()
    assert row.attempts == 1


def test_work_runs_outside_any_transaction(owe, transactional_db):
    from django.db import connection

    row, seen = owe(), []
    Delivery.perform(row.pk, lambda held: seen.append(connection.in_atomic_block))
    assert seen == [False]


def test_a_failure_is_tried_again_after_growing_pauses_and_given_up_in_the_end(owe):
    row, pauses = owe(), []
    with time_machine.travel(clock.now(), tick=False) as now:
        for _ in range(owed.MAX_ATTEMPTS - 1):
            assert Delivery.perform(row.pk, fail) is True
            pauses.append(waits_for(row))
            assert Delivery.perform(row.pk, fail) is False
            now.shift(pauses[-1])
        Delivery.perform(row.pk, fail)
    expected = [min(owed.LONGEST_RETRY_S, owed.FIRST_RETRY_S * 2**n) for n in range(owed.MAX_ATTEMPTS - 1)]
    assert all(0.8 * base <= pause <= 1.2 * base for base, pause in zip(expected, pauses, strict=True))
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == (Status.DEAD, owed.MAX_ATTEMPTS, "RuntimeError('no answer')")


def test_a_thousand_failures_do_not_return_as_one_wave(owe):
    rows = [owe() for _ in range(10)]
    with time_machine.travel(clock.now(), tick=False):
        for row in rows:
            Delivery.perform(row.pk, fail)
        assert len({waits_for(row) for row in rows}) == len(rows)


def test_what_cannot_succeed_is_buried_at_once(owe):
    def refuse(row: Delivery) -> None:
        raise PermanentFailure("unknown receiver")

    row = owe()
    Delivery.perform(row.pk, refuse)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == (Status.DEAD, 1, "unknown receiver")
    with after(86_400):
        assert row.pk not in Delivery.take_due()


class Minute(owed.Postponed):
    retry_after_s = 60


@pytest.mark.parametrize(
    ("refusal", "pause"), [(Configuration, owed.CONFIGURATION_RETRY_S), (owed.Postponed, 300), (Minute, 60)]
)
def test_a_missing_setting_or_a_limit_is_waited_for_however_long_and_costs_no_attempt(owe, refusal, pause):
    def misconfigured(row: Delivery) -> None:
        raise refusal("no secret")

    row = owe()
    for day in range(owed.MAX_ATTEMPTS + 1):
        with after(day * 86_400):
            assert Delivery.perform(row.pk, misconfigured) is True
            assert waits_for(row) == pytest.approx(pause, rel=0.21)
    assert (row.status, row.attempts, row.error) == (Status.PENDING, 0, "no secret")
    with after(30 * 86_400):
        Delivery.perform(row.pk, fail)
    row.refresh_from_db()
    assert (row.status, row.attempts) == (Status.PENDING, 1)


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs after it."""


def die(row: Delivery) -> None:
    raise Killed


def test_a_killed_workers_row_falls_due_when_its_lease_ends(owe, settings):
    row = owe()
    with pytest.raises(Killed):
        Delivery.perform(row.pk, die)
    with after(settings.OWED_LEASE_S - 5):
        assert Delivery.take_due() == []
    with after(settings.OWED_LEASE_S):
        assert Delivery.take_due() == [row.pk]
        assert Delivery.perform(row.pk, nothing) is True


def test_a_row_that_kills_every_worker_is_buried_unopened(owe):
    """Out of memory, say: without this it would kill a worker every lease for ever."""
    row = owe()
    for day in range(owed.MAX_ATTEMPTS):
        with after(day * 86_400), pytest.raises(Killed):
            Delivery.perform(row.pk, die)
    with after(30 * 86_400):
        assert Delivery.perform(row.pk, die) is True
    row.refresh_from_db()
    assert row.status == Status.DEAD
    assert "no worker survived" in row.error


@pytest.mark.parametrize("end", [nothing, fail])
def test_a_worker_that_outlived_its_lease_changes_nothing(owe, settings, end):
    row = owe()

    def slow(held: Delivery) -> None:
        with after(settings.OWED_LEASE_S):
            Delivery.perform(held.pk, nothing)
        end(held)

    Delivery.perform(row.pk, slow)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == (Status.DONE, 2, "")


def test_neither_does_one_whose_row_a_person_has_retried_meanwhile(owe):
    """Both are attempt number one: the number alone would not tell them apart."""
    row = owe()

    def retried(held: Delivery) -> None:
        Delivery.retry([held.pk])
        with pytest.raises(Killed):
            Delivery.perform(held.pk, die)
        raise PermanentFailure("too late to say so")

    Delivery.perform(row.pk, retried)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == (Status.PENDING, 1, "")


def test_what_the_outside_says_can_always_be_stored(owe):
    def babble(row: Delivery) -> None:
        raise PermanentFailure("nul \0, half a pair \ud800, and on and on" + "…" * 5000)

    row = owe()
    Delivery.perform(row.pk, babble)
    row.refresh_from_db()
    assert row.status == Status.DEAD
    assert row.error.startswith("nul , half a pair \\ud800, and on")
    assert len(row.error) == owed.MAX_ERROR


def test_a_person_revives_dead_letters_and_waiting_rows_but_not_what_is_done(owe):
    dead, waiting, done = owe(), owe(), owe()
    Delivery.perform(done.pk, nothing)
    Delivery.perform(waiting.pk, fail)
    for day in range(owed.MAX_ATTEMPTS):
        with after(day * 86_400):
            Delivery.perform(dead.pk, fail)
    assert Delivery.take_due() == []
    assert Delivery.retry([dead.pk, waiting.pk, done.pk]) == 2
    assert Delivery.take_due() == [dead.pk, waiting.pk]
    dead.refresh_from_db()
    assert (dead.status, dead.attempts, dead.finished_at) == (Status.PENDING, 0, None)


def test_rows_are_handed_out_once_until_they_are_missed(owe, settings):
    rows = [owe().pk for _ in range(3)]
    assert Delivery.take_due(limit=2) == rows[:2]
    assert Delivery.take_due() == rows[2:]
    assert Delivery.take_due() == []
    with after(settings.OWED_ENQUEUED_FOR_S + 1):
        assert Delivery.take_due() == rows


def test_what_the_broker_did_not_take_is_handed_out_again_at_once(owe):
    rows = [owe().pk for _ in range(3)]
    assert Delivery.take_due() == rows
    Delivery.give_back(rows[1:])
    assert Delivery.take_due() == rows[1:]


def test_giving_back_what_is_done_meanwhile_changes_nothing(owe):
    """The broker took it after all, and a worker was quick."""
    row = owe()
    Delivery.take_due()
    Delivery.perform(row.pk, nothing)
    Delivery.give_back([row.pk])
    row.refresh_from_db()
    assert row.status == Status.DONE
    assert Delivery.take_due() == []


def test_a_backlog_waits_in_the_table_and_not_at_the_broker(owe, monkeypatch):
    monkeypatch.setattr(owed, "HANDED_OUT_AT_ONCE", 3)
    rows = [owe().pk for _ in range(5)]
    assert Delivery.take_due() == rows[:3]
    assert Delivery.take_due() == []
    Delivery.perform(rows[1], nothing)
    Delivery.perform(rows[2], fail)
    assert Delivery.take_due() == rows[3:]


def test_what_is_not_due_is_not_handed_out(owe):
    row = owe()
    Delivery.objects.update(due_at=clock.now() + timedelta(seconds=60))
    assert Delivery.take_due() == []
    assert Delivery.perform(row.pk, nothing) is False


def test_a_row_that_is_gone_is_no_trouble(db):
    assert Delivery.perform(4711, nothing) is False


def test_two_dispatchers_never_get_the_same_row(owe, transactional_db):
    rows = [owe().pk for _ in range(60)]
    taken = together(4, lambda _: list(iter(lambda: Delivery.take_due(limit=5), [])))
    assert sorted(pk for batches in taken for batch in batches for pk in batch) == rows


def test_doubled_messages_to_many_workers_perform_each_row_once(owe, transactional_db):
    rows, performed = [owe().pk for _ in range(30)], []
    claims = together(4, lambda _: [Delivery.perform(pk, lambda row: performed.append(row.pk)) for pk in rows])
    assert sorted(performed) == rows
    assert sum(map(sum, claims)) == len(rows)

"""Our database backend: what it leaves out of Django's must not be missed."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection
from psycopg.pq import Format

from backend.core.database.base import DatabaseWrapper
from backend.directory.models import Company


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 10, 30, 0, 123456, UTC),
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(2099, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(1900, 1, 1, tzinfo=UTC),  # when clocks in Shanghai did not stand at whole minutes from UTC
    ],
)
def test_moments_come_back_in_utc(db, moment):
    company = Company.objects.create(code="times", name="时间")
    Company.objects.filter(pk=company.pk).update(created_at=moment)
    (read,) = Company.objects.filter(pk=company.pk).values_list("created_at", flat=True)
    assert (read, read.tzinfo) == (moment, UTC)
    assert [row.created_at.tzinfo for row in Company.objects.iterator()] == [UTC]


def test_moments_are_read_in_c(db):
    with connection.cursor() as cursor:
        loader = cursor.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT)
    assert loader.__module__ == "psycopg_binary._psycopg"


@pytest.fixture
def idle(db):
    """A connection of its own that has done something."""
    wrapper = connection.copy()
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT 'busy'")
    yield wrapper
    wrapper.close()


def of_server(sql: str, wrapper: DatabaseWrapper) -> object:
    """One value that the server tells of that connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [wrapper.connection.info.backend_pid])
        return cursor.fetchone()[0]


def test_a_living_connection_is_usable_without_asking_the_server(idle):
    assert idle.is_usable()
    assert of_server("SELECT query FROM pg_stat_activity WHERE pid = %s", idle) == "SELECT 'busy'"


def test_a_connection_that_the_server_ended_is_not_usable(idle):
    assert of_server("SELECT pg_terminate_backend(%s, 5000)", idle)
    assert not idle.is_usable()


def test_a_connection_that_was_told_something_is_usable(idle):
    with idle.cursor() as cursor:
        cursor.execute("LISTEN gossip")
        cursor.execute("SELECT pg_backend_pid()")
    told = connection.copy()
    with told.cursor() as cursor:
        cursor.execute("NOTIFY gossip, 'news'")
    told.close()
    assert idle.is_usable()
    assert [notice.payload for notice in idle.connection.notifies(timeout=5, stop_after=1)] == ["news"]


def test_a_closed_connection_is_not_usable(idle):
    idle.connection.close()
    assert not idle.is_usable()


def test_the_next_request_gets_a_new_connection_when_the_server_ended_the_old_one(idle):
    assert of_server("SELECT pg_terminate_backend(%s, 5000)", idle)
    idle.close_if_unusable_or_obsolete()  # as Django does before and after each request
    with idle.cursor() as cursor:
        cursor.execute("SELECT 'served'")
        assert cursor.fetchone() == ("served",)

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from mobile_api.schemas.me import TodayOut
from tests.support.client import Api
from tests.support.contract import reads_as
from tests.support.expenses import prepare, submitted
from tests.support.visits import check_in_body, checked_in, new_visit

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai."""


@pytest.fixture(autouse=True)
def _monday_morning():
    with time_machine.travel(MORNING, tick=True):
        yield


def plan(caller, *, on="2026-11-23", **more):
    customer = new_visit(caller)["customer"]["id"]
    reply = caller.post("/visit-plans", {"customer_id": customer, "planned_on": on, **more})
    assert reply.status_code == 201, reply.content
    return reply.json()


def test_the_home_screen_in_one_call(api, cast, work):
    prepare(cast)
    late = plan(api(cast.li), starts_at="2026-11-23T15:00:00+08:00")
    early = plan(api(cast.li), starts_at="2026-11-23T10:00:00+08:00")
    plan(api(cast.li), on="2026-11-24")
    visit = checked_in(api(cast.li))
    submitted(cast.li)
    work()

    reply = api(cast.li).get("/me/today")

    reads_as(TodayOut, reply)
    today = reply.json()
    assert today["date"] == "2026-11-23"
    assert [item["id"] for item in today["plans"]] == [early["id"], late["id"]]
    assert today["open_visit"]["id"] == visit["id"]
    assert (today["open_tasks"], today["unread_notifications"]) == (0, 0)
    boss = api(cast.han).get("/me/today").json()
    assert (boss["plans"], boss["open_visit"]) == ([], None)
    assert (boss["open_tasks"], boss["unread_notifications"]) == (1, 1)


def test_the_day_is_that_of_the_company_not_of_greenwich(cast):
    with time_machine.travel(MORNING + timedelta(hours=16)):  # one in the morning of the 24th in Shanghai
        assert Api()(cast.li).get("/me/today").json()["date"] == "2026-11-24"


def test_a_colleague_and_another_company_see_nothing_of_it(api, cast):
    plan(api(cast.li))
    for stranger in (cast.zhao, cast.sun):
        assert api(stranger).get("/me/today").json()["plans"] == []


def test_the_queries_do_not_grow_with_the_day(api, cast, django_assert_num_queries):
    caller = api(cast.li)
    plan(caller)
    with django_assert_num_queries(6):  # revocations, time zone, plans, open visit, tasks, unread
        caller.get("/me/today")
    for _ in range(9):
        plan(caller)
    with django_assert_num_queries(6):
        caller.get("/me/today")


def test_a_phone_that_holds_it_is_told_nothing_new(api, cast):
    first = api(cast.li).get("/me/today")
    again = api(cast.li).client.get(
        "/api/v1/me/today", headers=api(cast.li).headers | {"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_checking_in_shows_at_once(api, cast):
    visit = new_visit(api(cast.li))
    assert api(cast.li).get("/me/today").json()["open_visit"] is None
    api(cast.li).post(f"/visits/{visit['id']}/check-in", check_in_body())
    assert api(cast.li).get("/me/today").json()["open_visit"]["id"] == visit["id"]

from uuid import uuid4

import pytest
import time_machine

from backend.customers.models import Customer
from backend.documents.models import Share
from backend.visits.models import VisitPlan
from notifications.models import Notification
from tests.support.client import Api
from tests.support.visit_plans import NOON, day_of, plan, shop_of
from tests.support.visits import SHOP, recorded, refused


@pytest.fixture(autouse=True)
def _on_a_monday():
    with time_machine.travel("2026-11-30T01:00:00Z", tick=True):
        yield


@pytest.fixture
def shop(api: Api, cast):
    return lambda owner, *metres: shop_of(api(owner), *metres)


class TestChanging:
    def test_time_and_purpose_once(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li), starts_at=NOON)
        change = {"version": 1, "planned_on": "2026-12-02", "starts_at": None, "purpose": "新品"}
        first = api(cast.li).patch(f"/visit-plans/{mine['id']}", change)
        again = api(cast.li).patch(f"/visit-plans/{mine['id']}", change)
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        assert (first.json()["planned_on"], first.json()["starts_at"], first.json()["version"]) == (
            "2026-12-02",
            None,
            2,
        )
        assert recorded("visit_plan.changed") == 1

    def test_an_older_state_is_not_changed(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li))
        assert api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 1, "purpose": "a"}).status_code == 200
        late = api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 1, "purpose": "b"})
        assert refused(late, 409, "version_conflict")

    def test_the_end_is_after_the_start(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li), starts_at=NOON)
        wrong = api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 1, "ends_at": NOON})
        assert refused(wrong, 422, "ends_too_early")

    def test_the_start_lies_on_the_planned_day_of_the_company(self, api, cast, shop):
        """17:00 in London is the next day in Shanghai."""
        sent = {"customer_id": shop(cast.li), "planned_on": "2026-12-01", "starts_at": "2026-12-01T17:00:00Z"}
        assert refused(api(cast.li).post("/visit-plans", sent), 422, "starts_another_day")
        mine = api(cast.li).post("/visit-plans", sent | {"planned_on": "2026-12-02"}).json()
        moved = api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 1, "planned_on": "2026-12-03"})
        assert refused(moved, 422, "starts_another_day")
        assert VisitPlan.objects.get().planned_on.isoformat() == "2026-12-02"

    def test_a_manager_changes_and_cancels_and_the_rep_is_told(self, api, cast, shop, work):
        mine = plan(api(cast.li), shop(cast.li))
        assert api(cast.han).patch(f"/visit-plans/{mine['id']}", {"version": 1, "purpose": "x"}).status_code == 200
        for _ in range(2):
            reply = api(cast.han).post(f"/visit-plans/{mine['id']}/cancel", {"reason": "客户出差"})
            assert (reply.status_code, reply.json()["status"]) == (200, "cancelled")
        work()
        (told,) = Notification.objects.filter(kind="visit_plan.cancelled")
        assert told.recipient_id == cast.li.pk
        assert "客户出差" in told.body
        assert refused(
            api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 3, "purpose": "y"}), 409, "plan_cancelled"
        )

    def test_not_once_there_is_a_visit(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li))
        visit = api(cast.li).post("/visits", {"plan_id": mine["id"]}).json()
        for reply in (
            api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 1, "purpose": "x"}),
            api(cast.li).post(f"/visit-plans/{mine['id']}/cancel", {}),
        ):
            assert refused(reply, 409, "plan_used")
            assert reply.json()["visit_id"] == visit["id"]

    def test_who_sees_it_only_may_not(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li))
        VisitPlan.objects.get(pk=mine["id"]).show_to([cast.zhao.pk])
        assert api(cast.zhao).get(f"/visit-plans/{mine['id']}").status_code == 200
        assert refused(api(cast.zhao).post(f"/visit-plans/{mine['id']}/cancel", {}), 403, "forbidden")
        assert refused(api(cast.sun).post(f"/visit-plans/{mine['id']}/cancel", {}), 404, "not_found")
        assert VisitPlan.objects.get(pk=mine["id"]).status == "planned"


class TestWarnings:
    def test_overlap_and_way_are_said_and_stop_nobody(self, api, cast, shop):
        first = plan(api(cast.li), shop(cast.li), starts_at=NOON, ends_at="2026-12-01T05:00:00Z")
        second = plan(api(cast.li), shop(cast.li), starts_at="2026-12-01T04:30:00Z")
        assert first["warnings"] == []
        assert second["warnings"] == [{"code": "overlap", "plan_id": first["id"], "needed_min": None, "free_min": None}]
        far = plan(api(cast.li), shop(cast.li, 20_000), starts_at="2026-12-01T05:10:00Z")
        assert [(one["code"], one["free_min"], one["needed_min"]) for one in far["warnings"]] == [
            ("travel_too_short", 10, 57)
        ]

    def test_nobody_elses_plans_count(self, api, cast, shop):
        plan(api(cast.zhao), shop(cast.zhao), starts_at=NOON)
        assert plan(api(cast.li), shop(cast.li), starts_at=NOON)["warnings"] == []


class TestBatch:
    def items(self, cast, shop) -> list[dict]:
        customers = [shop(cast.li), shop(cast.han, 500)]
        return [
            {"id": str(uuid4()), "owner_id": str(cast.li.pk), "customer_id": customer, "planned_on": day}
            for customer in customers
            for day in ("2026-12-01", "2026-12-02")
        ]

    def test_a_team_is_planned_for_once_and_told_once(self, api, cast, shop, work):
        items = self.items(cast, shop)
        first = api(cast.han).post("/visit-plans/batch", {"items": items})
        again = api(cast.han).post("/visit-plans/batch", {"items": items})
        assert first.status_code == again.status_code == 200, first.content
        assert first.json() == again.json()
        assert [one["id"] for one in first.json()["items"]] == [one["id"] for one in items]
        assert {one["assigned_by_id"] for one in first.json()["items"]} == {str(cast.han.pk)}
        assert len(day_of(api(cast.li))) == 2
        assert (VisitPlan.objects.count(), recorded("visit.planned"), recorded("visit_plans.assigned")) == (4, 4, 1)
        work()
        (told,) = Notification.objects.filter(kind="visit_plans.assigned")
        assert (told.recipient_id, "4" in told.title) == (cast.li.pk, True)

    def test_who_is_sent_to_a_customer_sees_it(self, api, cast, shop):
        items = self.items(cast, shop)
        hidden = items[2]["customer_id"]
        assert api(cast.li).get(f"/customers/{hidden}").status_code == 404
        api(cast.han).post("/visit-plans/batch", {"items": items})
        assert api(cast.li).get(f"/customers/{hidden}").status_code == 200
        assert Share.objects.filter(employee=cast.li).count() == 1

    def test_all_or_nothing_and_every_wrong_row_is_named(self, api, cast, shop):
        items = self.items(cast, shop)
        items[1] |= {"owner_id": str(cast.zhao.pk)}
        items[2] |= {"customer_id": str(uuid4())}
        items[3] |= {"starts_at": NOON, "ends_at": NOON, "id": items[0]["id"]}
        reply = api(cast.han).post("/visit-plans/batch", {"items": items})
        assert refused(reply, 422, "plans_refused")
        assert [one["field"] for one in reply.json()["errors"]] == [
            "items.1.owner_id",
            "items.2.customer_id",
            "items.3.starts_at",
            "items.3.id",
        ]
        assert not VisitPlan.objects.exists()
        assert not recorded("visit.planned")

    def test_an_id_that_stands_for_something_else(self, api, cast, shop):
        items = self.items(cast, shop)
        assert api(cast.han).post("/visit-plans/batch", {"items": items[:1]}).status_code == 200
        for changed in ([items[0] | {"purpose": "x"}], items[:2]):
            assert refused(api(cast.han).post("/visit-plans/batch", {"items": changed}), 409, "id_reused")

    def test_reps_do_not_plan_for_others(self, api, cast, shop):
        items = self.items(cast, shop)
        assert refused(api(cast.li).post("/visit-plans/batch", {"items": items}), 403, "forbidden")


class TestCalendar:
    def test_by_day_and_person(self, api, cast, shop):
        plan(api(cast.li), shop(cast.li), starts_at="2026-12-01T06:00:00Z")
        early = plan(api(cast.li), shop(cast.li), starts_at=NOON)
        plan(api(cast.han), shop(cast.han))
        gone = plan(api(cast.li), shop(cast.li))
        api(cast.li).post(f"/visit-plans/{gone['id']}/cancel", {})
        plan(api(cast.li), shop(cast.li), planned_on="2026-12-03")
        days = api(cast.han).get("/visit-plans/calendar", **{"from": "2026-11-30", "to": "2026-12-06"}).json()["days"]
        shape = [(day["day"], [(one["owner"]["name"], len(one["plans"])) for one in day["people"]]) for day in days]
        assert shape == [("2026-12-01", [("李雷", 2), ("韩梅梅", 1)]), ("2026-12-03", [("李雷", 1)])]
        assert days[0]["people"][0]["plans"][0]["id"] == early["id"]
        own = api(cast.han).get("/visit-plans/calendar", **{"from": "2026-11-30", "to": "2026-12-06"}, mine="true")
        assert [one["owner"]["name"] for one in own.json()["days"][0]["people"]] == ["韩梅梅"]
        assert api(cast.zhao).get("/visit-plans/calendar", **{"from": "2026-12-01", "to": "2026-12-01"}).json() == {
            "days": []
        }

    def test_not_more_than_six_weeks(self, api, cast):
        for first, last in (("2026-12-01", "2027-01-13"), ("2026-12-02", "2026-12-01")):
            reply = api(cast.li).get("/visit-plans/calendar", **{"from": first, "to": last})
            assert refused(reply, 422, "too_much_at_once")

    def test_costs_the_same_for_one_and_for_thirty(self, api, cast, shop, django_assert_max_num_queries):
        customer = shop(cast.li)
        for n in range(30):
            plan(api(cast.li), customer, planned_on=f"2026-12-{n + 1:02}")
        api(cast.li).get("/visit-plans/calendar", **{"from": "2026-12-01", "to": "2026-12-02"})
        with django_assert_max_num_queries(3):
            api(cast.li).get("/visit-plans/calendar", **{"from": "2026-12-01", "to": "2026-12-31"})


class TestRoute:
    def test_near_before_far_and_what_has_no_place_beside(self, api, cast, shop):
        plans = [plan(api(cast.li), shop(cast.li, metres)) for metres in (9000, 1000, 5000)]
        nowhere = api(cast.li).post("/customers", {"name": "无坐标", "place": None}).json()["id"]
        lost = plan(api(cast.li), nowhere)
        query = {"day": "2026-12-01", "lat": str(SHOP["lat"]), "lng": str(SHOP["lng"])}
        found = api(cast.li).get("/visit-plans/route", **query).json()
        assert [leg["plan"]["id"] for leg in found["legs"]] == [plans[n]["id"] for n in (1, 2, 0)]
        assert [round(leg["metres"], -3) for leg in found["legs"]] == [1000, 4000, 4000]
        assert round(found["metres"], -3) == 9000
        assert [one["id"] for one in found["without_place"]] == [lost["id"]]
        assert api(cast.han).get("/visit-plans/route", **query, owner=str(cast.li.pk)).json() == found
        assert api(cast.zhao).get("/visit-plans/route", **query, owner=str(cast.li.pk)).json()["legs"] == []

    def test_half_a_place(self, api, cast):
        reply = api(cast.li).get("/visit-plans/route", day="2026-12-01", lat="31.2")
        assert refused(reply, 422, "half_a_place")


def test_moving_his_plan_shows_nobody_a_customer_that_was_taken_from_him(api, cast):
    li, customer = api(cast.li), shop_of(api(cast.li))
    mine = plan(li, customer)
    Customer.objects.filter(pk=customer).update(owner=cast.wang, department=cast.wang.department)
    assert li.get(f"/customers/{customer}").status_code == 404

    moved = li.patch(f"/visit-plans/{mine['id']}", {"version": 1, "planned_on": "2026-12-09"})

    assert moved.status_code == 200, moved.content
    assert li.get(f"/customers/{customer}").status_code == 404

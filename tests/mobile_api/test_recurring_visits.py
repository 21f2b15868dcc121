"""What recurs, who stands in, who is reminded and who is due."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from backend.core import clock
from backend.customers.models import Customer
from backend.documents import services as documents
from backend.visits.models import PlanSeries, Visit, VisitPlan
from backend.visits.services import reminders, series
from notifications.models import Notification
from tests.support.client import Api
from tests.support.visit_plans import day_of, plan, shop_of
from tests.support.visits import check_in_body, recorded, refused


@pytest.fixture(autouse=True)
def _on_a_monday():
    with time_machine.travel("2026-11-30T01:00:00Z", tick=True):
        yield


@pytest.fixture
def shop(api: Api, cast):
    return lambda owner, *metres: shop_of(api(owner), *metres)


class TestSeries:
    WEEKLY = {"kind": "weekdays", "weekdays": [2, 4], "first_on": "2026-11-30", "starts": "09:30", "minutes": 45}

    def start(self, caller, customer, **told):
        return caller.post("/visit-series", {"id": str(uuid4()), "customer_id": customer, **self.WEEKLY, **told})

    def test_four_weeks_are_planned_once_at_the_companys_time(self, api, cast, shop):
        sent = {"id": str(uuid4()), "customer_id": shop(cast.li), **self.WEEKLY}
        first, again = api(cast.li).post("/visit-series", sent), api(cast.li).post("/visit-series", sent)
        assert (first.status_code, again.status_code) == (201, 200), first.content
        assert first.json() == again.json()
        plans = VisitPlan.objects.order_by("planned_on")
        assert plans.count() == 8
        (one,) = day_of(api(cast.li))
        assert (one["starts_at"], one["ends_at"]) == (
            "2026-12-01T01:30:00+00:00",
            "2026-12-01T02:15:00+00:00",
        )
        assert one["series_id"] == first.json()["id"]

    def test_each_week_brings_the_next_and_what_was_cancelled_stays_so(self, api, cast, shop):
        self.start(api(cast.li), shop(cast.li))
        (one,) = day_of(api(cast.li))
        api(cast.li).post(f"/visit-plans/{one['id']}/cancel", {})
        assert series.extend_all(at=clock.now()) == 0
        assert series.extend_all(at=clock.now() + timedelta(days=7)) == 2
        assert series.extend_all(at=clock.now() + timedelta(days=7)) == 0
        assert VisitPlan.objects.count() == 10
        assert VisitPlan.objects.filter(planned_on="2026-12-01", status="planned").count() == 0

    def test_every_n_days_until_the_last(self, api, cast, shop):
        told = {"kind": "every_n_days", "weekdays": [], "every_days": 10, "last_on": "2026-12-25"}
        self.start(api(cast.li), shop(cast.li), **told)
        days = [str(day) for day in VisitPlan.objects.order_by("planned_on").values_list("planned_on", flat=True)]
        assert days == ["2026-11-30", "2026-12-10", "2026-12-20"]
        assert series.extend_all(at=clock.now() + timedelta(days=60)) == 0

    def test_ended_it_plans_no_more(self, api, cast, shop):
        begun = self.start(api(cast.li), shop(cast.li)).json()
        (one,) = day_of(api(cast.li))
        api(cast.li).post("/visits", {"plan_id": one["id"]})
        for caller in (cast.han, cast.li):
            reply = api(caller).post(f"/visit-series/{begun['id']}/end")
            assert reply.status_code == 200
            assert reply.json()["ended_at"]
        assert VisitPlan.objects.filter(status="planned").count() == 1
        assert recorded("plan_series.ended") == 1
        assert series.extend_all(at=clock.now() + timedelta(days=30)) == 0

    @pytest.mark.parametrize(
        ("told", "code"), [({"weekdays": []}, "weekdays_missing"), ({"last_on": "2026-11-29"}, "ends_too_early")]
    )
    def test_refused(self, api, cast, shop, told, code):
        assert refused(self.start(api(cast.li), shop(cast.li), **told), 422, code)
        assert not PlanSeries.objects.exists()

    def test_strangers(self, api, cast, shop):
        begun = self.start(api(cast.li), shop(cast.li)).json()
        for stranger in (cast.zhao, cast.sun):
            assert api(stranger).post(f"/visit-series/{begun['id']}/end").status_code == 404
            assert api(stranger).get("/visit-series").json()["items"] == []
            assert self.start(api(stranger), begun["customer"]["id"]).status_code == 404
        assert [one["id"] for one in api(cast.han).get("/visit-series").json()["items"]] == [begun["id"]]
        assert PlanSeries.objects.get().ended_at is None


class TestStandingIn:
    def body(self, cast, **told) -> dict:
        days = {"first_on": "2026-12-01", "last_on": "2026-12-03"}
        people = {"absent_id": str(cast.li.pk), "substitute_id": str(cast.zhao.pk)}
        return {"id": str(uuid4()), **people, **days, "reason": "年假", **told}

    def test_the_days_plans_change_hands_once(self, api, cast, shop, work):
        customer = shop(cast.li)
        inside, outside = plan(api(cast.li), customer), plan(api(cast.li), customer, planned_on="2026-12-04")
        begun = plan(api(cast.li), customer)
        api(cast.li).post("/visits", {"plan_id": begun["id"]})
        sent = self.body(cast)
        first, again = (api(cast.han).post("/visit-substitutions", sent) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 200), first.content
        assert first.json() == again.json()
        (taken,) = day_of(api(cast.zhao), mine="true")
        assert (taken["id"], taken["substitute_for_id"]) == (inside["id"], str(cast.li.pk))
        assert {one["id"] for one in day_of(api(cast.li))} == {inside["id"], begun["id"]}  # he goes on seeing it
        assert day_of(api(cast.li), "2026-12-04", mine="true")[0]["id"] == outside["id"]
        assert api(cast.zhao).get(f"/customers/{customer}").status_code == 200
        documents.forget_ended_shares(at=datetime(2026, 12, 31, tzinfo=UTC))
        assert api(cast.zhao).get(f"/customers/{customer}").status_code == 200
        documents.forget_ended_shares(at=datetime(2027, 1, 5, tzinfo=UTC))
        assert api(cast.zhao).get(f"/customers/{customer}").status_code == 404
        work()
        told = Notification.objects.filter(kind="plan_substitution.arranged")
        assert {one.recipient_id for one in told} == {cast.li.pk, cast.zhao.pk}
        for person in (cast.li, cast.zhao, cast.han):
            assert api(person).get(f"/visit-substitutions/{sent['id']}").status_code == 200
        assert api(cast.sun).get(f"/visit-substitutions/{sent['id']}").status_code == 404

    def test_shows_nothing_that_the_absent_one_has_lost(self, api, cast, shop):
        customer = shop(cast.li)
        plan(api(cast.li), customer)
        Customer.objects.filter(pk=customer).update(owner=cast.wang, department=cast.wang.department)
        assert api(cast.li).get(f"/customers/{customer}").status_code == 404
        assert api(cast.li).post("/visit-substitutions", self.body(cast)).status_code == 201
        assert day_of(api(cast.zhao), mine="true")
        assert api(cast.zhao).get(f"/customers/{customer}").status_code == 404

    def test_the_substitute_checks_in(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li), planned_on="2026-12-01")
        api(cast.li).post("/visit-substitutions", self.body(cast))
        visit = api(cast.zhao).post("/visits", {"plan_id": mine["id"]})
        assert visit.status_code == 201, visit.content
        reply = api(cast.zhao).post(f"/visits/{visit.json()['id']}/check-in", check_in_body())
        assert (reply.status_code, reply.json()["verdict"]) == (200, "verified"), reply.content

    def test_what_recurs_meanwhile_goes_to_him(self, api, cast, shop):
        api(cast.han).post("/visit-substitutions", self.body(cast, first_on="2026-12-29", last_on="2026-12-29"))
        weekly = {"kind": "weekdays", "weekdays": [2], "first_on": "2026-11-30", "customer_id": shop(cast.li)}
        api(cast.li).post("/visit-series", weekly)
        series.extend_all(at=clock.now() + timedelta(days=7))
        late = VisitPlan.objects.get(planned_on="2026-12-29")
        assert (late.owner_id, late.substitute_for_id) == (cast.zhao.pk, cast.li.pk)
        assert api(cast.zhao).get(f"/customers/{late.customer_id}").status_code == 200
        assert VisitPlan.objects.filter(owner=cast.li).count() == 4

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            ({"last_on": "2026-11-30"}, "ends_too_early"),
            ({"first_on": "2026-11-20", "last_on": "2026-11-29"}, "days_past"),
        ],
    )
    def test_days_that_make_no_sense(self, api, cast, told, code):
        assert refused(api(cast.han).post("/visit-substitutions", self.body(cast, **told)), 422, code)

    def test_nobody_for_himself(self, api, cast):
        sent = self.body(cast, substitute_id=str(cast.li.pk))
        assert refused(api(cast.han).post("/visit-substitutions", sent), 422, "substitutes_himself")

    def test_who_may_arrange(self, api, cast, shop):
        mine = plan(api(cast.li), shop(cast.li))
        for stranger, status in ((cast.zhao, 403), (cast.wang, 403), (cast.sun, 403)):
            assert api(stranger).post("/visit-substitutions", self.body(cast)).status_code == status
        foreign = self.body(cast, substitute_id=str(cast.sun.pk))
        assert api(cast.han).post("/visit-substitutions", foreign).status_code == 404
        beyond = self.body(cast, absent_id=str(cast.zhao.pk), substitute_id=str(cast.li.pk))
        assert api(cast.han).post("/visit-substitutions", beyond).status_code == 404
        assert VisitPlan.objects.get(pk=mine["id"]).owner_id == cast.li.pk


class TestReminders:
    def test_half_an_hour_before_and_once(self, api, cast, shop, work):
        soon = (clock.now() + timedelta(minutes=25)).isoformat()
        mine = plan(api(cast.li), shop(cast.li), planned_on="2026-11-30", starts_at=soon)
        begun = plan(api(cast.li), shop(cast.li), planned_on="2026-11-30", starts_at=soon)
        api(cast.li).post("/visits", {"plan_id": begun["id"]})
        plan(api(cast.li), shop(cast.li), planned_on="2026-11-30", starts_at="2026-11-30T04:00:00Z")
        assert [reminders.remind(at=clock.now()) for _ in range(2)] == [1, 0]
        work()
        (told,) = Notification.objects.filter(kind="visit_plan.due_soon")
        assert (told.recipient_id, "24" in told.title) == (cast.li.pk, True)
        api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 1, "purpose": "新品"})
        assert reminders.remind(at=clock.now()) == 0
        later = (clock.now() + timedelta(minutes=28)).isoformat()
        api(cast.li).patch(f"/visit-plans/{mine['id']}", {"version": 2, "starts_at": later})
        assert reminders.remind(at=clock.now()) == 1


class TestCadence:
    @pytest.fixture
    def customers(self, api, cast, shop):
        """Never visited, overdue, due, on time; and two that do not count."""
        kept = {name: shop(cast.li) for name in ("never", "overdue", "due", "on_time", "other level", "bad")}
        Customer.objects.filter(pk__in=kept.values()).update(level="A")
        Customer.objects.filter(pk=kept["other level"]).update(level="C")
        Customer.objects.filter(pk=kept["bad"]).update(status="bad")
        put = {"items": [{"level": "A", "every_days": 14}]}
        for _ in range(2):
            assert api(cast.qian).put("/visit-cadences", put).json() == put
        assert recorded("visit_cadences.changed") == 1
        for name, days in (("overdue", 15), ("due", 10), ("on_time", 1)):
            with time_machine.travel(clock.now() - timedelta(days=days)):
                caller = Api()(cast.li)
                visit = caller.post("/visits", {"customer_id": kept[name]}).json()
                assert caller.post(f"/visits/{visit['id']}/check-in", check_in_body()).status_code == 200
                assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
        return kept

    def test_who_is_due(self, api, cast, customers):
        found = api(cast.li).get("/visits/due").json()["items"]
        wanted = ["overdue", "never", "due", "on_time"]
        assert [(one["customer"]["id"], one["state"]) for one in found] == [(customers[name], name) for name in wanted]
        assert {one["every_days"] for one in found} == {14}
        for state in wanted:
            (one,) = api(cast.han).get("/visits/due", state=state).json()["items"]
            assert one["customer"]["id"] == customers[state]
        for stranger in (cast.zhao, cast.sun):
            assert api(stranger).get("/visits/due").json()["items"] == []

    def test_pages_join(self, api, cast, customers):
        whole = api(cast.li).get("/visits/due").json()["items"]
        pieces, cursor = [], None
        for _ in range(4):
            page = api(cast.li).get("/visits/due", limit="1", cursor=cursor).json()
            pieces, cursor = pieces + page["items"], page["next_cursor"]
        assert (pieces, cursor) == (whole, None)

    def test_counts_agree_with_the_rows(self, api, cast, customers):
        (mine,) = api(cast.han).get("/visits/due/counts").json()["items"]
        assert (mine["owner"]["name"], mine["department_name"]) == ("李雷", "上海组")
        assert [mine[state] for state in ("never", "overdue", "due", "on_time")] == [1, 1, 1, 1]

    def test_a_rejected_visit_is_none(self, api, cast, customers):
        Visit.objects.filter(customer_id=customers["on_time"]).update(decision="rejected")
        (row,) = [
            one
            for one in api(cast.li).get("/visits/due").json()["items"]
            if one["customer"]["id"] == customers["on_time"]
        ]
        assert row["state"] == "never"

    def test_only_who_sets_the_rules(self, api, cast):
        put = {"items": [{"level": "A", "every_days": 14}]}
        for person in (cast.li, cast.han, cast.sun):
            assert refused(api(person).put("/visit-cadences", put), 403, "forbidden")

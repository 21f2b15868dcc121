from uuid import uuid4

import pytest

from backend.customers.models import Customer
from backend.events.models import Event
from backend.visits.models import Visit
from mobile_api.schemas.visit_command import PositionsOut
from mobile_api.schemas.visits import VisitScreenOut, VisitsOut
from tests.support.client import BASE
from tests.support.contract import reads_as
from tests.support.visits import check_in, check_in_body, checked_in, new_visit, recorded, refused

pytestmark = pytest.mark.django_db


class TestCreating:
    def test_an_unplanned_visit(self, api, cast):
        visit = new_visit(api(cast.li))

        assert (visit["status"], visit["verdict"], visit["reasons"]) == ("created", None, [])
        assert (visit["customer"]["name"], visit["owner"]["name"]) == ("联华超市", "李雷")
        assert visit["department_id"] == str(cast.shanghai.pk)
        assert recorded("visit.created") == 1

    def test_sent_twice_it_exists_once(self, api, cast):
        first = new_visit(api(cast.li))
        sent = {"id": first["id"], "customer_id": first["customer"]["id"]}

        again = api(cast.li).post("/visits", sent)

        assert (again.status_code, again.json()) == (200, first)
        assert refused(api(cast.li).post("/visits", sent | {"purpose": "x"}), 409, "id_reused")
        assert Visit.objects.count() == recorded("visit.created") == 1

    def test_a_customer_or_a_plan_and_not_both(self, api, cast):
        both = {"customer_id": str(uuid4()), "plan_id": str(uuid4())}

        assert api(cast.li).post("/visits", {}).status_code == 422
        assert api(cast.li).post("/visits", both).status_code == 422

    def test_hidden_customers_are_not_visited(self, api, cast):
        customer = new_visit(api(cast.li))["customer"]["id"]

        for stranger in (cast.zhao, cast.sun):
            assert refused(api(stranger).post("/visits", {"customer_id": customer}), 404, "not_found")
        assert Visit.objects.count() == 1

    def test_finance_makes_none(self, api, cast):
        customer = new_visit(api(cast.li))["customer"]["id"]

        assert refused(api(cast.wang).post("/visits", {"customer_id": customer}), 403, "forbidden")


class TestCancelling:
    def test_twice_is_once_and_check_in_is_barred(self, api, cast):
        caller, visit = api(cast.li), new_visit(api(cast.li))
        path = f"/visits/{visit['id']}/cancel"

        first, again = caller.post(path, {"reason": "客户不在"}), caller.post(path, {"reason": "客户不在"})

        assert first.json() == again.json()
        assert (first.json()["status"], first.json()["cancel_reason"]) == ("cancelled", "客户不在")
        assert recorded("visit.cancelled") == 1
        assert refused(check_in(caller, visit, check_in_body()), 409, "visit_cancelled")

    def test_evidence_is_not_withdrawn(self, api, cast):
        visit = checked_in(api(cast.li))

        assert refused(api(cast.li).post(f"/visits/{visit['id']}/cancel", {}), 409, "visit_started")


def test_a_summary_is_written_once_however_often_it_is_sent(api, cast):
    visit = checked_in(api(cast.li))
    sent = {"summary": "谈妥陈列", "next_step": "送样", "next_on": "2026-12-01"}

    first, again = (api(cast.li).post(f"/visits/{visit['id']}/summary", sent) for _ in range(2))

    assert first.json() == again.json()
    assert sent.items() <= first.json().items()
    assert Event.objects.get(name="visit.summarised").data["before"]["summary"] == ""


class TestPlans:
    @pytest.fixture
    def plan(self, api, cast):
        customer = new_visit(api(cast.li))["customer"]["id"]
        sent = {"id": str(uuid4()), "customer_id": customer, "planned_on": "2026-12-01", "purpose": "新品"}
        first, again = api(cast.li).post("/visit-plans", sent), api(cast.li).post("/visit-plans", sent)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        return first.json()

    def test_own_and_team(self, api, cast, plan):
        def seen(caller, first="2026-12-01", last="2026-12-01", **query):
            reply = api(caller).get("/visit-plans", **{"from": first, "to": last}, **query)
            return [item["id"] for item in reply.json()["items"]]

        assert seen(cast.li) == seen(cast.han) == seen(cast.li, mine="true") == [plan["id"]]
        assert seen(cast.han, owner=str(cast.li.pk)) == [plan["id"]]
        assert seen(cast.han, mine="true") == seen(cast.zhao) == seen(cast.sun) == []
        assert seen(cast.li, "2026-12-02", "2026-12-31") == seen(cast.li, "2026-11-01", "2026-11-30") == []
        assert api(cast.li).get("/visit-plans").status_code == 422

    def test_a_visit_takes_its_plan_and_completes_it(self, api, cast, plan):
        caller = api(cast.li)
        visit = caller.post("/visits", {"plan_id": plan["id"]}).json()

        taken = caller.post("/visits", {"plan_id": plan["id"]})

        assert (visit["plan_id"], visit["purpose"]) == (plan["id"], "新品")
        assert visit["customer"] == plan["customer"]
        assert refused(taken, 409, "plan_used")
        assert taken.json()["visit_id"] == visit["id"]
        check_in(caller, visit, check_in_body())
        caller.post(f"/visits/{visit['id']}/check-out", {})
        (shown,) = caller.get("/visit-plans", **{"from": "2026-12-01", "to": "2026-12-01"}).json()["items"]
        assert shown["status"] == "done"

    def test_a_cancelled_visit_frees_its_plan(self, api, cast, plan):
        visit = api(cast.li).post("/visits", {"plan_id": plan["id"]}).json()
        api(cast.li).post(f"/visits/{visit['id']}/cancel", {})

        assert api(cast.li).post("/visits", {"plan_id": plan["id"]}).status_code == 201

    def test_a_plan_is_for_its_owner(self, api, cast, plan):
        for other in (cast.han, cast.zhao, cast.sun):
            assert refused(api(other).post("/visits", {"plan_id": plan["id"]}), 404, "not_found")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"ends_at": "2026-12-01T10:00:00+08:00"},
            {"starts_at": "2026-12-01T10:00:00+08:00", "ends_at": "2026-12-01T10:00:00+08:00"},
            {"planned_on": "1999-01-01"},
            {"planned_on": 20261201},
        ],
    )
    def test_times_make_sense(self, api, cast, plan, wrong):
        sent = {"customer_id": plan["customer"]["id"], "planned_on": "2026-12-01"} | wrong

        assert api(cast.li).post("/visit-plans", sent).status_code == 422

    def test_hidden_customers_are_not_planned(self, api, cast, plan):
        sent = {"customer_id": plan["customer"]["id"], "planned_on": "2026-12-01"}

        assert api(cast.zhao).post("/visit-plans", sent).status_code == 404


class TestReading:
    def test_who_sees_whose(self, api, cast):
        visit = checked_in(api(cast.li))

        for caller, status in ((cast.li, 200), (cast.han, 200), (cast.wang, 200), (cast.zhao, 404), (cast.sun, 404)):
            assert api(caller).get(f"/visits/{visit['id']}").status_code == status, caller.name
            listed = [item["id"] for item in api(caller).get("/visits").json()["items"]]
            assert listed == ([visit["id"]] if status == 200 else []), caller.name

    def test_a_shared_visit_is_seen(self, api, cast):
        visit = checked_in(api(cast.li))
        Visit.objects.get().show_to([cast.zhao.pk])

        assert api(cast.zhao).get(f"/visits/{visit['id']}").status_code == 200
        assert [item["id"] for item in api(cast.zhao).get("/visits").json()["items"]] == [visit["id"]]

    def test_strangers_change_nothing_and_managers_do_not_act_for_others(self, api, cast):
        visit = new_visit(api(cast.li))
        calls = {
            "check-in": check_in_body(),
            "check-out": {},
            "cancel": {},
            "summary": {"summary": "x"},
            "photos": {"file_id": str(uuid4())},
            "comments": {"text": "x"},
        }
        for verb, body in calls.items():
            for stranger in (cast.zhao, cast.sun):
                assert refused(api(stranger).post(f"/visits/{visit['id']}/{verb}", body), 404, "not_found"), verb
            if verb != "comments":
                assert refused(api(cast.han).post(f"/visits/{visit['id']}/{verb}", body), 403, "not_your_visit"), verb
        assert Visit.objects.get().version == 1

    def test_the_list_keeps_the_contract_on_both_ways(self, api, cast):
        caller = api(cast.li)
        done = checked_in(caller, metres=3000)
        caller.post(f"/visits/{done['id']}/check-out", {})
        new_visit(caller, place=None)

        plain, filtered = caller.get("/visits"), caller.get("/visits", owner=str(cast.li.pk))

        assert len(reads_as(VisitsOut, plain).items) == 2
        assert plain.json() == filtered.json()

    def test_filters(self, api, cast):
        caller = api(cast.li)
        first = checked_in(caller)
        second = new_visit(caller)
        Visit.objects.filter(pk=second["id"]).update(started_at="2026-02-28T16:00:00Z")  # 1 March in Shanghai

        def seen(**query):
            return [item["id"] for item in caller.get("/visits", **query).json()["items"]]

        assert seen() == [first["id"], second["id"]]
        assert seen(status="open") == seen(customer=first["customer"]["id"]) == [first["id"]]
        assert seen(**{"from": "2026-03-01", "to": "2026-03-01"}) == [second["id"]]
        assert seen(**{"from": "2026-03-01", "to": "2026-03-01"}, status="created") == [second["id"]]
        assert seen(to="2026-02-28") == seen(owner=str(cast.zhao.pk)) == []
        assert caller.get("/visits", status="gone").status_code == 422
        assert refused(caller.get("/visits", cursor="x"), 422, "invalid_cursor")

    def test_pages_hold_everything_once(self, api, cast):
        made = [new_visit(api(cast.li))["id"] for _ in range(5)]
        Visit.objects.filter(pk__in=made[:3]).update(started_at="2026-03-01T00:00:00Z")
        for query in ({}, {"owner": str(cast.li.pk)}):
            seen, cursor = [], None
            while True:
                page = api(cast.li).get("/visits", limit=2, cursor=cursor, **query).json()
                seen += [item["id"] for item in page["items"]]
                if not (cursor := page["next_cursor"]):
                    break
            assert seen == [made[4], made[3], *sorted(made[:3], reverse=True)]

    def test_the_evidence_is_kept_as_received(self, api, cast):
        visit, body = new_visit(api(cast.li)), check_in_body(30)
        check_in(api(cast.li), visit, body)

        screen = reads_as(VisitScreenOut, api(cast.han).get(f"/visits/{visit['id']}"))
        positions = reads_as(PositionsOut, api(cast.han).get(f"/visits/{visit['id']}/positions"))

        given = body["samples"][0]
        assert [shown.lat for shown in positions.samples] == [sent["lat"] for sent in body["samples"]]
        assert positions.samples[0].model_dump(mode="json", exclude={"fixed_at", "stage"}) == {
            name: given[name] for name in ("lat", "lng", "accuracy_m", "crs", "source")
        }
        assert positions.position.lat == pytest.approx(given["lat"])
        assert screen.evidence.device_id == "phone-1"
        assert reads_as(VisitScreenOut, api(cast.li).get(f"/visits/{new_visit(api(cast.li))['id']}")).evidence is None

    def test_the_phone_is_told_when_nothing_is_new(self, api, cast, django_assert_num_queries):
        caller, path = api(cast.li), f"/visits/{checked_in(api(cast.li))['id']}"

        def ask(tag, who=caller):
            return who.client.get(BASE + path, headers={**who.headers, "If-None-Match": tag})

        tag = caller.get(path).headers["ETag"]
        with django_assert_num_queries(2):  # the session's revocations, the stamp
            assert ask(tag).status_code == 304
        for change in (
            lambda: caller.post(f"{path}/comments", {"text": "x"}),
            lambda: caller.post(f"{path}/summary", {"summary": "x"}),
            lambda: api(cast.han).post(f"{path}/comments", {"text": "y"}),
            lambda: Customer.objects.update(name="世纪联华"),
        ):
            change()
            reply = ask(tag)
            assert (reply.status_code, reply.headers["ETag"] != tag) == (200, True)
            tag = reply.headers["ETag"]
            assert ask(tag).status_code == 304
        assert (
            api(cast.zhao).client.get(BASE + path, headers=api(cast.zhao).headers | {"If-None-Match": tag}).status_code
            == 404
        )

    def test_costs_the_same_for_one_and_for_fifty(self, api, cast, django_assert_max_num_queries):
        caller = api(cast.li)
        visit = checked_in(caller)
        for n in (1, 49):
            for number in range(n):
                api(cast.han).post(f"/visits/{visit['id']}/comments", {"text": str(number)})
                caller.post("/visits", {"customer_id": visit["customer"]["id"]})
            with django_assert_max_num_queries(3):
                assert caller.get("/visits", limit=50).status_code == 200
            with django_assert_max_num_queries(3):
                assert caller.get("/visits", limit=50, status="created").status_code == 200
            with django_assert_max_num_queries(2):
                assert caller.get(f"/visits/{visit['id']}").status_code == 200

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.approvals import services
from backend.approvals.models import Approval, Decision
from backend.core import clock
from backend.core.actor import Actor
from backend.directory.services import people as people_service
from backend.events.models import Event
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from mobile_api.schemas.approvals import ApprovalOut, ApprovalsOut, DecisionScreenOut, HistoryOut, PreviewOut
from tests.support.expenses import a_customer, a_visit, draft, prepare, submitted

TYPE = "expenses.expenserequest"


@pytest.fixture(autouse=True)
def _ready(cast):
    prepare(cast)


def titles(caller, box: str) -> list[str]:
    reply = caller.get("/approvals", box=box)
    assert reply.status_code == 200, reply.content
    ApprovalsOut.model_validate(reply.json())
    return [item["title"] for item in reply.json()["items"]]


def people(stage) -> list[tuple[str, str]]:
    return [(person["name"], person["state"]) for person in stage["people"]]


class TestBoxes:
    def test_each_finds_his_own(self, api, cast):
        request = submitted(cast.li)
        assert titles(api(cast.han), "todo") == [request.title]
        assert titles(api(cast.li), "submitted") == [request.title]
        for who, box in [("han", "done"), ("li", "todo"), ("wang", "todo"), ("zhao", "todo"), ("sun", "submitted")]:
            assert titles(api(cast.everybody[who]), box) == []
        api(cast.han).post(f"/approvals/{request.approval_id}/approve", {"opinion": "同意"})
        assert titles(api(cast.han), "todo") == []
        assert titles(api(cast.han), "done") == [request.title]

    def test_say_whom_it_waits_for(self, api, cast):
        submitted(cast.li, amount="6000", customer_id=a_customer(cast.li).pk)
        (item,) = api(cast.li).get("/approvals", box="submitted").json()["items"]
        assert item["waiting_for"] == [{"id": str(cast.han.pk), "name": "韩梅梅"}]
        assert item["submitter"] == {"id": str(cast.li.pk), "name": "李雷"}
        assert (item["status"], item["step"], item["document_type"]) == ("pending", "manager", TYPE)
        assert item["summary"]["amount"] == {"amount": "6000.00", "currency": "CNY"}
        assert item["summary"]["customer"] == "老张茶行"

    def test_page_newest_first(self, api, cast):
        requests = [submitted(cast.li, purpose=f"第{n}次") for n in range(3)]
        first = api(cast.han).get("/approvals", box="todo", limit=2).json()
        assert [item["document_id"] for item in first["items"]] == [str(requests[2].pk), str(requests[1].pk)]
        rest = api(cast.han).get("/approvals", box="todo", limit=2, cursor=first["next_cursor"]).json()
        assert [item["document_id"] for item in rest["items"]] == [str(requests[0].pk)]
        assert rest["next_cursor"] is None

    def test_what_is_done_comes_in_the_order_of_deciding(self, api, cast):
        requests = [submitted(cast.li, purpose=f"第{n}次") for n in range(3)]
        for n, verb in [(1, "approve"), (2, "reject"), (0, "approve")]:
            api(cast.han).post(f"/approvals/{requests[n].approval_id}/{verb}", {"opinion": "好"})
        first = api(cast.han).get("/approvals", box="done", limit=2).json()
        assert [item["document_id"] for item in first["items"]] == [str(requests[0].pk), str(requests[2].pk)]
        rest = api(cast.han).get("/approvals", box="done", limit=2, cursor=first["next_cursor"]).json()
        assert [item["document_id"] for item in rest["items"]] == [str(requests[1].pk)]

    def test_what_a_colleague_decided_is_not_mine(self, api, cast):
        second = people_service.put_employee(
            actor=Actor.system(cast.company.pk),
            number="8001",
            name="周会计",
            department_id=cast.east.pk,
            manager_id=None,
            role_codes=["finance"],
            at=clock.now(),
        )
        path = f"/approvals/{submitted(cast.li, amount='6000').approval_id}/approve"
        api(cast.han).post(path)
        api(cast.wang).post(path)
        assert len(titles(api(cast.wang), "done")) == 1
        assert titles(api(second), "todo") == titles(api(second), "done") == []

    @pytest.mark.parametrize("query", [{}, {"box": "everything"}])
    def test_the_box_must_be_named(self, api, cast, query):
        assert api(cast.li).get("/approvals", **query).status_code == 422

    @pytest.mark.parametrize("rows", [1, 50])
    def test_queries_do_not_grow_with_the_rows(self, api, cast, rows, django_assert_max_num_queries):
        for _ in range(rows):
            submitted(cast.li)
        caller = api(cast.han)
        caller.get("/me")
        for box in ("todo", "done", "submitted"):
            with django_assert_max_num_queries(3):  # one of them looks for revoked sessions
                shown = caller.get("/approvals", box=box, limit=50).json()["items"]
            assert len(shown) == (rows if box == "todo" else 0)


class TestDecisionScreen:
    def test_holds_all_it_takes_to_decide(self, api, cast):
        ExpenseCategory.objects.filter(company=cast.company, code="entertainment").update(limit=2000)
        customer = a_customer(cast.li)
        visit = a_visit(cast.li, customer)
        earlier = submitted(cast.li, amount="300")
        submitted(cast.li, amount="40", currency="USD")
        long_ago = submitted(cast.li, amount="7")
        ExpenseRequest.objects.filter(pk=long_ago.pk).update(submitted_at=clock.now() - timedelta(days=91))
        taken_back = submitted(cast.li, amount="9")
        services.withdraw(actor=cast.actor(cast.li), approval_id=taken_back.approval_id, at=clock.now())
        draft(cast.li, amount="11")
        submitted(cast.han, amount="13")
        request = submitted(cast.li, amount="6000", visit_id=visit.pk, needed_on="2026-12-01")
        submitted(cast.li, amount="15")

        reply = api(cast.han).get(f"/approvals/{request.approval_id}")
        assert reply.status_code == 200, reply.content
        screen = reply.json()
        DecisionScreenOut.model_validate(screen)
        assert screen["actions"] == ["approve", "reject"]
        assert [(stage["key"], stage["state"], people(stage)) for stage in screen["route"]] == [
            ("manager", "current", [("韩梅梅", "open")]),
            ("finance", "upcoming", [("王芳", "expected")]),
        ]
        assert [(entry["kind"], entry["by"]["name"]) for entry in screen["history"]] == [("submitted", "李雷")]
        blocks = screen["blocks"]
        assert blocks["document"] == {
            "id": str(request.pk),
            "number": request.number,
            "status": "in_approval",
            "purpose": "请客户吃饭",
            "amount": {"amount": "6000.00", "currency": "CNY"},
            "category": {"id": str(request.category_id), "code": "entertainment", "name": "业务招待费"},
            "needed_on": "2026-12-01",
            "invoice_required": True,
        }
        assert blocks["customer"] == {"id": str(customer.pk), "name": "老张茶行"}
        assert blocks["visit"]["id"] == str(visit.pk)
        assert blocks["visit"]["verdict"] == "verified"
        assert blocks["visit"]["summary"] == "谈妥春季订单"
        assert blocks["recent_requests"] == {
            "days": 90,
            "count": 2,
            "totals": [{"amount": "300.00", "currency": "CNY"}, {"amount": "40.00", "currency": "USD"}],
        }, earlier.number
        assert blocks["category_limit"] == {"limit": {"amount": "2000.00", "currency": "CNY"}, "exceeded": True}

    def test_without_customer_visit_or_limit_says_so(self, api, cast):
        blocks = api(cast.han).get(f"/approvals/{submitted(cast.li).approval_id}").json()["blocks"]
        assert (blocks["customer"], blocks["visit"]) == (None, None)
        assert blocks["category_limit"] == {"limit": None, "exceeded": False}
        assert blocks["recent_requests"] == {"days": 90, "count": 0, "totals": []}

    def test_offers_each_what_he_may_do(self, api, cast):
        path = f"/approvals/{submitted(cast.li, amount='6000').approval_id}"
        assert api(cast.li).get(path).json()["actions"] == ["withdraw"]
        assert api(cast.wang).get(path).json()["actions"] == []
        api(cast.han).post(f"{path}/approve", {"opinion": "同意"})
        assert api(cast.han).get(path).json()["actions"] == []
        assert api(cast.wang).get(path).json()["actions"] == ["approve", "reject"]
        api(cast.wang).post(f"{path}/reject", {"opinion": "超预算"})
        assert [api(who).get(path).json()["actions"] for who in (cast.li, cast.han, cast.wang)] == [[], [], []]

    def test_tells_how_every_step_went(self, api, cast):
        path = f"/approvals/{submitted(cast.li, amount='6000').approval_id}"
        api(cast.han).post(f"{path}/approve", {"opinion": "同意"})
        api(cast.wang).post(f"{path}/reject", {"opinion": "超预算"})
        screen = api(cast.li).get(path).json()
        assert (screen["status"], screen["step"]) == ("rejected", "finance")
        assert [(stage["state"], people(stage)) for stage in screen["route"]] == [
            ("passed", [("韩梅梅", "approved")]),
            ("rejected", [("王芳", "rejected")]),
        ]
        assert screen["route"][1]["people"][0]["opinion"] == "超预算"
        history = api(cast.li).get(f"{path}/history").json()
        HistoryOut.model_validate(history)
        assert history["items"] == screen["history"]
        assert [(entry["kind"], entry["step"], entry["opinion"]) for entry in screen["history"]] == [
            ("submitted", None, ""),
            ("approved", "manager", "同意"),
            ("rejected", "finance", "超预算"),
        ]

    def test_tells_of_a_withdrawal(self, api, cast):
        path = f"/approvals/{submitted(cast.li, amount='6000').approval_id}"
        api(cast.li).post(f"{path}/withdraw")
        screen = api(cast.li).get(path).json()
        assert [stage["state"] for stage in screen["route"]] == ["withdrawn", "not_reached"]
        assert people(screen["route"][0]) == [("韩梅梅", "cancelled")]
        assert [entry["kind"] for entry in screen["history"]] == ["submitted", "withdrawn"]

    def test_shows_the_evidence_to_who_is_asked_whatever_his_scope(self, api, cast):
        step = {"key": "boss", "name_zh": "老板", "name_en": "Boss", "mode": "any"}
        services.publish_flow(
            actor=Actor.system(cast.company.pk),
            document_type=TYPE,
            name="费用申请",
            steps=[{**step, "approvers": {"source": "person", "value": str(cast.zhao.pk)}}],
        )
        visit = a_visit(cast.li, a_customer(cast.li))
        approval_id = submitted(cast.li, visit_id=visit.pk).approval_id
        blocks = api(cast.zhao).get(f"/approvals/{approval_id}").json()["blocks"]
        assert blocks["visit"]["id"] == str(visit.pk)
        assert blocks["customer"]["name"] == "老张茶行"

    def test_hides_the_document_from_who_sees_only_the_approval(self, api, cast):
        approval = submitted(cast.li).approval
        approval.show_to([cast.zhao.pk])
        screen = api(cast.zhao).get(f"/approvals/{approval.pk}").json()
        assert screen["title"] == approval.title
        assert screen["blocks"] == {}

    def test_a_phone_that_has_it_is_told_so(self, api, cast):
        request = submitted(cast.li)
        path = f"/approvals/{request.approval_id}"
        caller = api(cast.han)
        caller.headers["If-None-Match"] = caller.get(path).headers["ETag"]
        assert caller.get(path).status_code == 304
        submitted(cast.li, amount="1")
        assert caller.get(path).status_code == 304, "what came later does not belong to this request"
        ExpenseCategory.objects.update(limit=1)
        assert caller.get(path).status_code == 200

    def test_costs_four_queries(self, api, cast, django_assert_max_num_queries):
        customer = a_customer(cast.li)
        for _ in range(10):
            request = submitted(cast.li, amount="6000", visit_id=a_visit(cast.li, customer).pk)
        api(cast.han).post(f"/approvals/{request.approval_id}/approve", {"opinion": "同意"})
        caller = api(cast.wang)
        caller.get("/me")
        with django_assert_max_num_queries(5):  # one of them looks for revoked sessions
            caller.get(f"/approvals/{request.approval_id}")


class TestVerbs:
    def test_approve_answers_with_the_present_state(self, api, cast):
        path = f"/approvals/{submitted(cast.li, amount='6000').approval_id}"
        first = api(cast.han).post(f"{path}/approve", {"opinion": "同意"})
        assert first.status_code == 200, first.content
        ApprovalOut.model_validate(first.json())
        assert (first.json()["status"], first.json()["step"]) == ("pending", "finance")
        assert api(cast.han).post(f"{path}/approve", {"opinion": "同意"}).json() == first.json()
        last = api(cast.wang).post(f"{path}/approve")
        assert last.json()["status"] == "approved"
        assert last.json()["finished_at"] is not None
        assert Decision.objects.count() == 2

    def test_the_decision_knows_the_device(self, api, cast):
        path = f"/approvals/{submitted(cast.li).approval_id}"
        api(cast.han).post(f"{path}/approve", {"opinion": ""}, **{"User-Agent": "WeCom/5.0"})
        decision = Decision.objects.get()
        assert (decision.device, decision.address) == ("WeCom/5.0", "127.0.0.1")

    def test_reject_needs_an_opinion(self, api, cast):
        path = f"/approvals/{submitted(cast.li).approval_id}"
        for body in (None, {"opinion": ""}, {"opinion": "   "}):
            reply = api(cast.han).post(f"{path}/reject", body)
            assert (reply.status_code, reply.json()["code"]) == (422, "opinion_required")
            assert reply.json()["errors"][0]["field"] == "opinion"
        assert Approval.objects.get().is_pending

    def test_too_late_learns_who_was_faster(self, api, cast):
        path = f"/approvals/{submitted(cast.li).approval_id}"
        api(cast.han).post(f"{path}/approve", {"opinion": ""})
        withdrawn = api(cast.li).post(f"{path}/withdraw")
        assert (withdrawn.status_code, withdrawn.json()["code"]) == (409, "already_decided")
        assert withdrawn.json()["decided_by"] == {"id": str(cast.han.pk), "name": "韩梅梅"}
        assert withdrawn.json()["decision"] == "approved"

    @pytest.mark.parametrize("verb", ["approve", "reject", "withdraw"])
    def test_strangers_find_nothing_and_change_nothing(self, api, cast, verb):
        approval_id = submitted(cast.li).approval_id
        known = Event.objects.filter(subject_type="approvals.approval").count()
        for stranger in (cast.zhao, cast.sun):
            for target in (approval_id, uuid4()):
                body = None if verb == "withdraw" else {"opinion": "同意"}
                reply = api(stranger).post(f"/approvals/{target}/{verb}", body)
                assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
        assert Approval.objects.get().is_pending
        assert Event.objects.filter(subject_type="approvals.approval").count() == known

    def test_onlookers_see_and_may_not(self, api, cast):
        path = f"/approvals/{submitted(cast.li).approval_id}"
        for onlooker in (cast.li, cast.wang, cast.qian):
            for verb in ("approve", "reject"):
                reply = api(onlooker).post(f"{path}/{verb}", {"opinion": "同意"})
                assert (reply.status_code, reply.json()["code"]) == (403, "not_asked")
        reply = api(cast.han).post(f"{path}/withdraw")
        assert (reply.status_code, reply.json()["code"]) == (403, "not_the_submitter")
        assert Approval.objects.get().is_pending

    def test_approving_needs_no_more_queries_with_a_longer_past(self, api, cast, django_assert_max_num_queries):
        for _ in range(10):
            request = submitted(cast.li)
        caller = api(cast.han)
        caller.get("/me")
        with django_assert_max_num_queries(24):
            caller.post(f"/approvals/{request.approval_id}/approve", {"opinion": ""})


@pytest.mark.parametrize("path", ["", "/history"])
def test_strangers_find_nothing_to_read(api, cast, path):
    approval_id = submitted(cast.li).approval_id
    for stranger in (cast.zhao, cast.sun):
        reply = api(stranger).get(f"/approvals/{approval_id}{path}")
        assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


class TestPreview:
    def test_shows_the_way_before_submitting(self, api, cast):
        request = draft(cast.li, amount="6000")
        reply = api(cast.li).post("/approvals/preview", {"document_type": TYPE, "document_id": str(request.pk)})
        assert reply.status_code == 200, reply.content
        PreviewOut.model_validate(reply.json())
        assert [
            (stop["key"], stop["name_zh"], stop["escalated"], [person["name"] for person in stop["people"]])
            for stop in reply.json()["route"]
        ] == [("manager", "直属主管", False, ["韩梅梅"]), ("finance", "财务", False, ["王芳"])]
        assert not Approval.objects.exists()

    def test_says_where_it_must_go_further_up(self, api, cast):
        request = draft(cast.han)
        (stop,) = (
            api(cast.han)
            .post("/approvals/preview", {"document_type": TYPE, "document_id": str(request.pk)})
            .json()["route"]
        )
        assert (stop["escalated"], [person["name"] for person in stop["people"]]) == (True, ["钱进"])

    def test_of_what_is_hidden_or_unknown_there_is_none(self, api, cast):
        request = draft(cast.li)
        for stranger in (cast.zhao, cast.sun):
            reply = api(stranger).post("/approvals/preview", {"document_type": TYPE, "document_id": str(request.pk)})
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
        for unknown in ("directory.employee", "a.dream"):
            reply = api(cast.li).post("/approvals/preview", {"document_type": unknown, "document_id": str(request.pk)})
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")

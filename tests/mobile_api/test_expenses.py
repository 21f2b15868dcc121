from uuid import uuid4

import pytest

from backend.approvals.models import Approval
from backend.events.models import Event
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from mobile_api.schemas.expenses import ExpenseCategoriesOut, ExpenseRequestOut, ExpenseRequestsOut
from tests.support.expenses import a_customer, a_visit, category_of, draft, prepare, submitted


@pytest.fixture(autouse=True)
def _ready(cast):
    prepare(cast)


@pytest.fixture
def asked(cast):
    """What a phone sends to ask for 800 yuan."""

    def body(**more):
        return {
            "id": str(uuid4()),
            "category_id": str(category_of(cast.li).pk),
            "purpose": "请客户吃饭",
            "amount": {"amount": "800.00", "currency": "CNY"},
            "needed_on": "2026-12-01",
            **more,
        }

    return body


class TestCategories:
    def test_are_those_of_the_own_company(self, api, cast):
        ExpenseCategory.objects.filter(company=cast.company, code="gift").update(limit="200.50")
        ExpenseCategory.objects.filter(company=cast.acme, code="gift").update(name="甲公司礼品")
        reply = api(cast.li).get("/expense-categories")
        assert reply.status_code == 200
        ExpenseCategoriesOut.model_validate(reply.json())
        gift = next(item for item in reply.json()["items"] if item["code"] == "gift")
        assert gift == {
            "id": str(category_of(cast.li, "gift").pk),
            "code": "gift",
            "name": "礼品费",
            "limit": {"amount": "200.50", "currency": "CNY"},
            "invoice_required": True,
        }

    def test_cost_one_query(self, api, cast, django_assert_num_queries):
        api(cast.li).get("/expense-categories")
        with django_assert_num_queries(2):  # one of them looks for revoked sessions
            api(cast.li).get("/expense-categories")


class TestCreate:
    def test_stores_a_draft(self, api, cast, asked):
        customer = a_customer(cast.li)
        visit = a_visit(cast.li, customer)
        body = asked(customer_id=str(customer.pk), visit_id=str(visit.pk))
        reply = api(cast.li).post("/expense-requests", body)
        assert reply.status_code == 201, reply.content
        stored = reply.json()
        ExpenseRequestOut.model_validate(stored)
        assert stored["id"] == body["id"]
        assert stored["status"] == "draft"
        assert stored["number"].startswith("FY")
        assert stored["amount"] == {"amount": "800.00", "currency": "CNY"}
        assert stored["owner"] == {"id": str(cast.li.pk), "name": "李雷"}
        assert stored["customer"] == {"id": str(customer.pk), "name": "老张茶行"}
        assert stored["visit_id"] == str(visit.pk)
        assert stored["approval_id"] is None
        assert api(cast.li).get(f"/expense-requests/{stored['id']}").json() == stored

    def test_sent_again_gives_the_stored_one(self, api, cast, asked):
        body = asked()
        first = api(cast.li).post("/expense-requests", body)
        again = api(cast.li).post("/expense-requests", body)
        assert again.status_code == 200
        assert again.json() == first.json()
        assert ExpenseRequest.objects.count() == 1
        assert Event.objects.filter(name="expense.created").count() == 1

    def test_an_id_stands_for_one_content_and_one_person(self, api, cast, asked):
        body = asked()
        api(cast.li).post("/expense-requests", body)
        changed = api(cast.li).post("/expense-requests", body | {"purpose": "自己吃饭"})
        stolen = api(cast.zhao).post("/expense-requests", body)
        for reply in (changed, stolen):
            assert (reply.status_code, reply.json()["code"]) == (409, "id_reused")
        assert ExpenseRequest.objects.get().purpose == "请客户吃饭"

    @pytest.mark.parametrize("field", ["category_id", "customer_id", "visit_id"])
    def test_what_is_absent_or_hidden_is_not_found(self, api, cast, asked, field):
        acme = cast.sun
        customer = a_customer(acme)
        hidden = {
            "category_id": category_of(acme).pk,
            "customer_id": customer.pk,
            "visit_id": a_visit(acme, customer).pk,
        }
        zhaos = a_customer(cast.zhao, code="K2")
        of_colleague = {"category_id": uuid4(), "customer_id": zhaos.pk, "visit_id": a_visit(cast.zhao, zhaos).pk}
        for foreign in (hidden[field], of_colleague[field]):
            reply = api(cast.li).post("/expense-requests", asked(**{field: str(foreign)}))
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
        assert not ExpenseRequest.objects.exists()

    def test_a_visit_must_be_of_the_customer(self, api, cast, asked):
        visit = a_visit(cast.li, a_customer(cast.li))
        other = a_customer(cast.li, code="K2", name="山城茶楼")
        reply = api(cast.li).post("/expense-requests", asked(customer_id=str(other.pk), visit_id=str(visit.pk)))
        assert (reply.status_code, reply.json()["code"]) == (422, "visit_of_another_customer")
        assert reply.json()["errors"][0]["field"] == "visit_id"
        assert not ExpenseRequest.objects.exists()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"amount": {"amount": "1.005"}}, "amount.amount"),
            ({"amount": {"amount": 5}}, "amount.amount"),
            ({"amount": {"amount": "-1"}}, "amount.amount"),
            ({"amount": {"amount": "5", "currency": "XYZ"}}, "amount.currency"),
            ({"purpose": "  "}, "purpose"),
            ({"purpose": "长" * 256}, "purpose"),
            ({"needed_on": 0}, "needed_on"),
            ({"needed_on": "1795996800"}, "needed_on"),
            ({"needed_on": "2026-11-31"}, "needed_on"),
            ({"needed_on": "2026-W48-1"}, "needed_on"),
            ({"status": "approved"}, "status"),
            ({"number": "FY1"}, "number"),
        ],
    )
    def test_bad_fields_are_named(self, api, cast, asked, wrong, field):
        reply = api(cast.li).post("/expense-requests", asked(**wrong))
        assert reply.status_code == 422
        assert [error["field"] for error in reply.json()["errors"]] == [field]

    def test_nothing_cannot_be_asked_for(self, api, cast, asked):
        reply = api(cast.li).post("/expense-requests", asked(amount={"amount": "0.00"}))
        assert (reply.status_code, reply.json()["code"]) == (422, "amount_not_positive")


class TestRead:
    def test_colleagues_in_the_line_of_command_see_it_and_strangers_do_not(self, api, cast):
        request = submitted(cast.li)
        for who, status in {"li": 200, "han": 200, "wang": 200, "qian": 200, "zhao": 404, "sun": 404}.items():
            caller = api(cast.everybody[who])
            assert caller.get(f"/expense-requests/{request.pk}").status_code == status, who
            listed = [item["id"] for item in caller.get("/expense-requests").json()["items"]]
            assert listed == ([str(request.pk)] if status == 200 else []), who

    def test_lists_newest_first_by_status_and_page(self, api, cast):
        drafts = [draft(cast.li) for _ in range(3)]
        sent = submitted(cast.li)
        reply = api(cast.li).get("/expense-requests", limit=2)
        ExpenseRequestsOut.model_validate(reply.json())
        assert [item["id"] for item in reply.json()["items"]] == [str(sent.pk), str(drafts[2].pk)]
        rest = api(cast.li).get("/expense-requests", limit=2, cursor=reply.json()["next_cursor"]).json()
        assert [item["id"] for item in rest["items"]] == [str(drafts[1].pk), str(drafts[0].pk)]
        assert rest["next_cursor"] is None
        filtered = api(cast.li).get("/expense-requests", status="in_approval").json()
        assert [item["id"] for item in filtered["items"]] == [str(sent.pk)]

    def test_a_phone_that_has_it_is_told_so(self, api, cast):
        request = draft(cast.li)
        path = f"/expense-requests/{request.pk}"
        caller = api(cast.li)
        tag = caller.get(path).headers["ETag"]
        caller.headers["If-None-Match"] = tag
        assert caller.get(path).status_code == 304
        caller.patch(path, {"version": 1, "purpose": "改一下"})
        assert caller.get(path).status_code == 200

    @pytest.mark.parametrize("rows", [1, 50])
    def test_queries_do_not_grow_with_the_rows(self, api, cast, rows, django_assert_max_num_queries):
        customer = a_customer(cast.li)
        made = [draft(cast.li, customer_id=customer.pk) for _ in range(rows)]
        caller = api(cast.han)
        caller.get("/me")
        with django_assert_max_num_queries(2):  # one of them looks for revoked sessions
            assert len(caller.get("/expense-requests", limit=50).json()["items"]) == rows
        with django_assert_max_num_queries(2):
            caller.get(f"/expense-requests/{made[0].pk}")


class TestChange:
    def test_changes_what_is_sent_and_nothing_else(self, api, cast):
        customer = a_customer(cast.li)
        request = draft(cast.li, customer_id=customer.pk)
        path = f"/expense-requests/{request.pk}"
        reply = api(cast.li).patch(path, {"version": 1, "amount": {"amount": "900", "currency": "USD"}})
        assert reply.status_code == 200, reply.content
        assert reply.json()["amount"] == {"amount": "900.00", "currency": "USD"}
        assert reply.json()["customer"]["id"] == str(customer.pk)
        assert reply.json()["version"] == 2
        emptied = api(cast.li).patch(path, {"version": 2, "customer_id": None, "amount": {"amount": "5"}}).json()
        assert emptied["customer"] is None
        assert emptied["amount"] == {"amount": "5.00", "currency": "CNY"}

    @pytest.mark.parametrize("field", ["category_id", "purpose", "amount"])
    def test_what_is_needed_cannot_be_emptied(self, api, cast, field):
        request = draft(cast.li)
        reply = api(cast.li).patch(f"/expense-requests/{request.pk}", {"version": 1, field: None})
        assert reply.status_code == 422

    def test_a_stale_version_is_a_conflict(self, api, cast):
        path = f"/expense-requests/{draft(cast.li).pk}"
        api(cast.li).patch(path, {"version": 1, "purpose": "第一次"})
        reply = api(cast.li).patch(path, {"version": 1, "purpose": "第二次"})
        assert (reply.status_code, reply.json()["code"]) == (409, "version_conflict")
        assert reply.json()["current_version"] == 2
        assert api(cast.li).get(path).json()["purpose"] == "第一次"

    def test_only_a_draft(self, api, cast):
        request = submitted(cast.li)
        reply = api(cast.li).patch(f"/expense-requests/{request.pk}", {"version": 2, "purpose": "改一下"})
        assert (reply.status_code, reply.json()["code"]) == (409, "not_a_draft")
        assert reply.json()["state"] == "in_approval"

    @pytest.mark.parametrize(
        ("who", "status", "code"),
        [("han", 403, "not_the_requester"), ("zhao", 404, "not_found"), ("sun", 404, "not_found")],
    )
    def test_only_the_requester(self, api, cast, who, status, code):
        request = draft(cast.li)
        caller = api(cast.everybody[who])
        changed = caller.patch(f"/expense-requests/{request.pk}", {"version": 1, "purpose": "改一下"})
        sent = caller.post(f"/expense-requests/{request.pk}/submit")
        for reply in (changed, sent):
            assert (reply.status_code, reply.json()["code"]) == (status, code)
        request.refresh_from_db()
        assert (request.purpose, request.status) == ("请客户吃饭", "draft")
        assert not Approval.objects.exists()


class TestSubmit:
    def test_starts_the_approval(self, api, cast):
        request = draft(cast.li)
        reply = api(cast.li).post(f"/expense-requests/{request.pk}/submit")
        assert reply.status_code == 200, reply.content
        assert reply.json()["status"] == "in_approval"
        todo = api(cast.han).get("/approvals", box="todo").json()["items"]
        assert [item["id"] for item in todo] == [reply.json()["approval_id"]]

    def test_sent_again_gives_the_present_state(self, api, cast):
        path = f"/expense-requests/{draft(cast.li).pk}/submit"
        first = api(cast.li).post(path).json()
        assert api(cast.li).post(path).json() == first
        api(cast.han).post(f"/approvals/{first['approval_id']}/approve", {"opinion": ""})
        assert api(cast.li).post(path).json()["status"] == "approved"
        assert Approval.objects.count() == 1
        assert Event.objects.filter(name="approval.requested").count() == 1

    def test_what_was_rejected_is_no_draft(self, api, cast):
        request = submitted(cast.li)
        api(cast.han).post(f"/approvals/{request.approval_id}/reject", {"opinion": "太贵"})
        reply = api(cast.li).post(f"/expense-requests/{request.pk}/submit")
        assert (reply.status_code, reply.json()["code"]) == (409, "not_a_draft")

    def test_without_anybody_to_decide_it_stays_a_draft(self, api, cast):
        request = draft(cast.qian)
        reply = api(cast.qian).post(f"/expense-requests/{request.pk}/submit")
        assert (reply.status_code, reply.json()["code"]) == (409, "no_approver")
        request.refresh_from_db()
        assert request.status == "draft"

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.approvals.models import Approval, Task
from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.directory.models import Delegation, Employee, Handover
from backend.directory.selectors import actor_for
from backend.directory.services import handovers, people
from backend.documents.models import Share
from backend.events.models import Event
from backend.expenses.models import ExpenseRequest
from backend.orders.models import Follower, Order
from backend.visits.models import Visit, VisitPlan
from mobile_api.schemas.handovers import HandoverItemsOut, HandoverOut, HandoverPreviewOut, HandoversOut
from notifications.models import Notification
from tests.support.contract import reads_as
from tests.support.delegations import delegated
from tests.support.expenses import a_customer, a_visit, draft, submitted
from tests.support.handovers import EVERYTHING, Desk, asks, handed_over, hire, make_desk
from tests.support.visits import recorded, refused

PATH = "/handovers"
OWNED = (Customer, VisitPlan, Visit, ExpenseRequest, Order)


@pytest.fixture
def desk(cast) -> Desk:
    return make_desk(cast)


@pytest.fixture
def he(cast) -> Employee:
    """He Wei, who takes over from Li Lei."""
    return hire(cast, "3002", "何伟")


def to(leaver, successor, **more):
    return {"leaver_id": str(leaver.pk), "successor_id": str(successor.pk), **more}


def whole_state(cast) -> dict:
    """Everything a handover may touch, whose it is and in which department."""
    state: dict = {model.__name__: set(model.objects.values_list("pk", "owner", "department")) for model in OWNED}
    state["tasks"] = set(Task.objects.values_list("pk", "employee", "status"))
    state["followers"] = set(Follower.objects.values_list("order", "employee"))
    state["shares"] = set(Share.objects.values_list("employee", "document_type", "document_id"))
    state["lines"] = set(Employee.objects.values_list("pk", "manager"))
    state["delegations"] = set(Delegation.objects.values_list("pk", "giver", "delegate", "ended_at"))
    return state


class TestPreview:
    def test_counts_and_samples_and_nothing_moves(self, api, cast, desk, he):
        caller = api(cast.han)
        before, events = whole_state(cast), Event.objects.count()
        shown = reads_as(HandoverPreviewOut, caller.post(f"{PATH}/preview", to(cast.li, he)))
        assert {group.kind: group.count for group in shown.groups} == EVERYTHING
        (customers,) = [group for group in shown.groups if group.kind == "customers"]
        assert (customers.name, customers.samples) == ("客户", ["老张茶行"])
        assert [(part.successor.name, part.count, part.kept) for part in customers.parts] == [("何伟", 1, 0)]
        assert {(warning.code, warning.count) for warning in shown.warnings} == {("still_active", 1), ("unfinished", 2)}
        assert (whole_state(cast), Event.objects.count()) == (before, events)

    def test_warns_of_an_open_visit_and_of_what_cannot_move(self, api, cast, desk, he):
        visit = a_visit(cast.li, desk.customer)
        Visit.objects.filter(pk=visit.pk).update(status="open", checked_out_at=None)
        submitted(he)
        shown = api(cast.han).post(f"{PATH}/preview", to(cast.li, he)).json()
        assert {"open_visit", "cannot_move"} <= {warning["code"] for warning in shown["warnings"]}
        (tasks,) = [group for group in shown["groups"] if group["kind"] == "tasks"]
        assert (tasks["count"], tasks["parts"][0]["kept"]) == (2, 1)

    def test_costs_no_more_for_more(self, api, cast, desk, he, django_assert_max_num_queries):
        for n in range(30):
            a_customer(cast.li, code=f"M{n}")
        caller = api(cast.han)
        caller.get("/me")
        with django_assert_max_num_queries(30):
            caller.post(f"{PATH}/preview", to(cast.li, he))


class TestHandingOver:
    def test_everything_he_holds_is_the_successors(self, api, cast, desk, he):
        made = reads_as(HandoverOut, api(cast.han).post(PATH, to(cast.li, he, reason="离职")))
        assert made.counts == EVERYTHING
        assert (made.leaver.name, made.successor.name, made.created_by.name) == ("李雷", "何伟", "韩梅梅")
        assert made.left == []
        for row in (desk.customer, desk.plan, desk.visit, desk.expense, desk.order):
            row.refresh_from_db()
            assert (row.owner, row.department_id, row.version) == (he, he.department_id, 2), row
        desk.task.refresh_from_db()
        assert desk.task.employee == he
        assert Delegation.objects.get(giver=cast.wang).delegate == he
        caller = api(he)
        assert caller.get(f"/customers/{desk.customer.pk}").status_code == 200
        assert [item["id"] for item in caller.get("/approvals", box="todo").json()["items"]] == [
            str(desk.task.approval_id)
        ]
        screen = caller.get(f"/approvals/{desk.task.approval_id}").json()
        assert (screen["actions"], screen["blocks"]["document"]["purpose"]) == (["approve", "reject"], "请客户吃饭")
        assert {order["number"] for order in caller.get("/orders", followed="true").json()["items"]} == {"SO1", "SO2"}
        assert api(cast.li).get("/approvals", box="todo").json()["items"] == []
        assert refused(api(cast.li).get(f"/customers/{desk.customer.pk}"), 404, "not_found")

    def test_the_department_goes_with_the_owner(self, api, cast, desk):
        handed_over(cast.qian, cast.li, cast.zhao)
        desk.customer.refresh_from_db()
        assert desk.customer.department == cast.north
        assert refused(api(cast.han).get(f"/customers/{desk.customer.pk}"), 404, "not_found")

    def test_history_stays_with_who_made_it(self, cast, desk, he):
        done = a_visit(cast.li, desk.customer)
        asked = submitted(cast.li) if asks(cast, cast.han) is None else None
        past = VisitPlan.objects.create(
            company_id=cast.company.pk,
            owner=cast.li,
            department_id=cast.li.department_id,
            customer=desk.customer,
            planned_on=clock.now() - timedelta(days=9),
        )
        handed_over(cast.han, cast.li, he)
        for row in (done, asked, past, desk.running, Approval.objects.get(document_id=asked.pk)):
            row.refresh_from_db()
            assert row.owner == cast.li, row

    def test_an_audit_entry_for_each_document_and_one_for_the_whole(self, api, cast, desk, he):
        made = api(cast.han).post(PATH, to(cast.li, he)).json()
        event = Event.objects.get(name="customer.handed_over")
        assert (event.actor, event.subject_id) == (cast.han, desk.customer.pk)
        assert event.data["before"] == {"owner_id": str(cast.li.pk), "department_id": str(cast.shanghai.pk)}
        assert event.data["after"] == {"owner_id": str(he.pk), "department_id": str(he.department_id)}
        assert event.data["handover_id"] == made["id"]
        for name in ("visit_plan", "visit", "expense", "order", "approval", "delegation"):
            assert recorded(f"{name}.handed_over") == 1, name
        whole = Event.objects.get(name="handover.made")
        assert (str(whole.subject_id), whole.data["counts"]) == (made["id"], EVERYTHING)
        assert whole.data["before"] == {"holder_id": str(cast.li.pk)}

    def test_successor_manager_and_leaver_are_told(self, cast, desk, he, work):
        work()
        handed_over(cast.qian, cast.li, he)
        work()
        told = Notification.objects.filter(kind="handover.made")
        assert {row.recipient for row in told} == {he, cast.han, cast.li}
        assert "客户 1" in told[0].body

    def test_twice_is_once(self, api, cast, desk, he):
        body = to(cast.li, he, id=str(uuid4()), by_kind=[{"kind": "tasks", "successor_id": str(cast.han.pk)}])
        first, second = (api(cast.han).post(PATH, body) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert recorded("handover.made") == recorded("customer.handed_over") == 1
        assert refused(api(cast.han).post(PATH, body | {"reason": "x"}), 409, "id_reused")
        assert refused(api(cast.qian).post(PATH, body), 409, "id_reused")

    def test_what_the_recycle_bin_holds_and_what_others_hold_stays(self, api, cast, desk, he):
        binned = a_customer(cast.li, code="K2")
        api(cast.li).delete(f"/customers/{binned.pk}")
        theirs = a_customer(cast.zhao, code="K3")
        handed_over(cast.han, cast.li, he)
        for row, owner in ((binned, cast.li), (theirs, cast.zhao)):
            row.refresh_from_db()
            assert row.owner == owner


class TestWhoGetsWhat:
    def test_by_kind(self, cast, desk, he):
        made = handed_over(cast.han, cast.li, he, by_kind={"tasks": cast.han.pk})
        desk.task.refresh_from_db()
        desk.customer.refresh_from_db()
        assert (desk.task.employee, desk.customer.owner) == (cast.han, he)
        assert set(made.successor_ids) == {cast.han.pk, he.pk}

    def test_by_customer_with_all_that_is_about_him(self, cast, desk, he):
        other = a_customer(cast.li, code="K2")
        handed_over(cast.han, cast.li, he, by_customer={desk.customer.pk: cast.han.pk})
        for row in (desk.customer, desk.plan, desk.visit, desk.expense, desk.order):
            row.refresh_from_db()
            assert (row.owner, row.department) == (cast.han, cast.east), row
        assert Follower.objects.filter(order=desk.running, employee=cast.han).exists()
        other.refresh_from_db()
        desk.task.refresh_from_db()
        assert other.owner == desk.task.employee == he

    def test_only_the_kinds_asked_for(self, cast, desk, he):
        made = handed_over(cast.han, cast.li, he, kinds=["customers", "tasks"])
        assert made.counts == {"customers": 1, "tasks": 1}
        desk.plan.refresh_from_db()
        assert desk.plan.owner == cast.li

    @pytest.mark.parametrize("more", [{"kinds": ["toys"]}, {"by_kind": [{"kind": "toys", "successor_id": None}]}])
    def test_kinds_that_nobody_holds(self, api, cast, he, more):
        for each in more.get("by_kind", []):
            each["successor_id"] = str(he.pk)
        assert refused(api(cast.han).post(PATH, to(cast.li, he, **more)), 422, "unknown_holding")

    def test_a_successor_who_follows_the_order_already_follows_it_once(self, cast, desk, he):
        Follower.objects.create(company_id=cast.company.pk, order=desk.followed.order, employee=he)
        before = whole_state(cast)
        made = handed_over(cast.han, cast.li, he, kinds=["followed_orders"])
        assert Follower.objects.get(order=desk.followed.order).employee == he
        undone(cast.han, made)
        assert whole_state(cast)["followers"] == before["followers"]

    def test_a_task_that_cannot_be_his_stays_and_says_why(self, api, cast, desk, he):
        own = submitted(he)
        made = reads_as(HandoverOut, api(cast.han).post(PATH, to(cast.li, he, kinds=["tasks"])))
        assert [(item.label, item.why, item.reason) for item in made.left] == [
            (own.title, "own_submission", "接手人是提交人")
        ]
        assert Task.objects.get(approval=own.approval_id).employee == cast.li
        again = handed_over(cast.han, cast.li, cast.han, kinds=["tasks"])
        assert again.counts == {"tasks": 1}
        assert Task.objects.get(approval=own.approval_id).employee == cast.han

    def test_a_delegation_of_the_successor_stays(self, cast, he):
        delegated(he, cast.li)
        made = handed_over(cast.han, cast.li, he)
        assert [(item.kind, item.why) for item in made.items.all()] == [("delegations", "own_delegation")]


class TestReports:
    def test_go_to_the_successor(self, cast, he):
        boss = hire(cast, "3003", "赵总", role="manager")
        handed_over(cast.qian, cast.han, boss)
        lines = dict(Employee.objects.filter(company=cast.company).values_list("name", "manager__name"))
        assert (lines["李雷"], lines["何伟"], lines["赵总"]) == ("赵总", "赵总", None)

    def test_whoever_succeeds_from_far_below_takes_the_leavers_place(self, cast, he):
        deep = hire(cast, "3004", "小刘", manager=he)
        made = handed_over(cast.qian, cast.han, deep)
        lines = dict(Employee.objects.filter(company=cast.company).values_list("name", "manager__name"))
        assert (lines["何伟"], lines["小刘"]) == ("小刘", None)
        undone(cast.qian, made)
        lines = dict(Employee.objects.filter(company=cast.company).values_list("name", "manager__name"))
        assert (lines["何伟"], lines["小刘"], lines["李雷"]) == ("韩梅梅", "何伟", "韩梅梅")

    def test_who_was_given_to_another_boss_meanwhile_stays_there(self, cast, he):
        made = handed_over(cast.qian, cast.han, cast.wang, kinds=["reports"])
        Employee.objects.filter(pk=he.pk).update(manager=cast.qian)
        undone(cast.qian, made)
        lines = dict(Employee.objects.filter(company=cast.company).values_list("name", "manager__name"))
        assert (lines["李雷"], lines["何伟"]) == ("韩梅梅", "钱进")
        assert made.items.get(outcome="not_put_back").why == "moved_on"


class TestWhoMay:
    def test_a_rep_may_not(self, api, cast, he):
        for path in (PATH, f"{PATH}/preview"):
            assert refused(api(cast.li).post(path, to(cast.li, he)), 403, "forbidden")

    def test_a_manager_only_among_his_own_people(self, api, cast, he):
        for body in (to(cast.zhao, he), to(cast.li, cast.zhao), to(cast.li, he, by_kind=[part("tasks", cast.zhao)])):
            for path in (PATH, f"{PATH}/preview"):
                assert refused(api(cast.han).post(path, body), 403, "not_in_charge_of_person")
        assert not Handover.objects.exists()

    def test_another_company_does_not_exist(self, api, cast, he):
        for body in (
            to(cast.li, cast.sun),
            to(cast.sun, he),
            to(cast.li, he, by_kind=[part("tasks", cast.sun)]),
            to(cast.li, he, by_customer=[{"customer_id": str(uuid4()), "successor_id": str(cast.sun.pk)}]),
        ):
            for path in (PATH, f"{PATH}/preview"):
                assert refused(api(cast.qian).post(path, body), 404, "not_found")
        assert not Handover.objects.exists()

    def test_nobody_succeeds_himself_or_after_he_has_left(self, api, cast, he):
        assert refused(api(cast.han).post(PATH, to(cast.li, cast.li)), 422, "successor_is_leaver")
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=he.pk, at=clock.now())
        assert refused(api(cast.han).post(PATH, to(cast.li, he)), 409, "person_has_left")

    def test_it_may_be_done_after_the_leaver_is_gone(self, api, cast, desk, he):
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
        reply = api(cast.han).post(PATH, to(cast.li, he))
        assert reply.json()["counts"] == {kind: n for kind, n in EVERYTHING.items() if kind != "delegations"}

    def test_lists_and_details_are_for_those_it_concerns(self, api, cast, desk, he):
        made = handed_over(cast.qian, cast.li, he)
        for who in (cast.han, cast.qian, cast.li, he):
            rows = reads_as(HandoversOut, api(who).get(PATH)).items
            assert [row.id for row in rows] == [made.pk], who
            assert api(who).get(f"{PATH}/{made.pk}").status_code == 200
        for who in (cast.zhao, cast.wang, cast.sun):
            assert api(who).get(PATH).json()["items"] == []
            for path in ("", "/items"):
                assert refused(api(who).get(f"{PATH}/{made.pk}{path}"), 404, "not_found")

    def test_items_page_by_page(self, api, cast, desk, he):
        made = handed_over(cast.han, cast.li, he)
        path, seen, cursor = f"{PATH}/{made.pk}/items", [], None
        while True:
            shown = reads_as(HandoverItemsOut, api(cast.han).get(path, limit=4, cursor=cursor, outcome="moved"))
            seen += [item.kind for item in shown.items]
            if (cursor := shown.next_cursor) is None:
                break
        assert sorted(seen) == sorted(EVERYTHING)
        assert [item["kind"] for item in api(cast.han).get(path, kind="tasks").json()["items"]] == ["tasks"]


def part(kind, successor):
    return {"kind": kind, "successor_id": str(successor.pk)}


def undone(by, handover):
    return handovers.undo(actor=actor_for(by), handover_id=handover.pk, at=clock.now())


class TestUndoing:
    def test_everything_is_as_it_was(self, api, cast, desk, he):
        before = whole_state(cast)
        made = handed_over(cast.han, cast.li, he)
        assert whole_state(cast) != before
        undo = reads_as(HandoverOut, api(cast.han).post(f"{PATH}/{made.pk}/undo"))
        assert whole_state(cast) == before
        assert undo.undone_at is not None
        assert {row.kind: row.put_back for row in undo.outcomes} == EVERYTHING
        assert undo.left == []
        assert recorded("customer.handed_back") == recorded("handover.undone") == 1

    def test_twice_is_once(self, api, cast, desk, he):
        made = handed_over(cast.han, cast.li, he)
        first, second = (api(cast.han).post(f"{PATH}/{made.pk}/undo") for _ in range(2))
        assert first.json() == second.json()
        assert recorded("handover.undone") == recorded("customer.handed_back") == 1

    def test_what_has_gone_on_stays_and_says_why(self, api, cast, desk, he):
        made = handed_over(cast.han, cast.li, he)
        binned = a_customer(cast.li, code="K2")
        more = handed_over(cast.han, cast.li, he)
        api(he).delete(f"/customers/{binned.pk}")
        handed_over(cast.han, he, cast.han, kinds=["customers"])
        api(he).post(f"/approvals/{desk.task.approval_id}/approve")
        api(he).post(f"/orders/{desk.followed.order_id}/unfollow")
        Order.objects.filter(pk=desk.order.pk).update(status="queued", number="SO9")
        undo = reads_as(HandoverOut, api(cast.han).post(f"{PATH}/{made.pk}/undo"))
        why = {item.kind: item.why for item in undo.left}
        assert why == {"customers": "moved_on", "tasks": "closed", "followed_orders": "gone", "order_drafts": "closed"}
        desk.customer.refresh_from_db()
        desk.plan.refresh_from_db()
        assert (desk.customer.owner, desk.plan.owner) == (cast.han, cast.li)
        undo = api(cast.han).post(f"{PATH}/{more.pk}/undo").json()
        assert [item["why"] for item in undo["left"]] == ["gone"]

    def test_by_whoever_may_hand_over_and_by_nobody_else(self, api, cast, desk, he):
        made = handed_over(cast.qian, cast.li, he)
        path = f"{PATH}/{made.pk}/undo"
        assert refused(api(he).post(path), 403, "forbidden")
        boss = hire(cast, "3003", "赵总", role="manager")
        Employee.objects.filter(pk=boss.pk).update(department=cast.north)
        assert refused(api(boss).post(path), 404, "not_found")
        assert refused(api(cast.sun).post(path), 403, "forbidden")
        assert api(cast.han).post(path).status_code == 200


def test_a_second_handover_finds_nothing_left(cast, desk, he):
    handed_over(cast.han, cast.li, he)
    assert handed_over(cast.han, cast.li, cast.han).counts == {}


def test_drafts_go_on_with_the_successor(api, cast, desk, he):
    asks(cast, cast.han)
    handed_over(cast.han, cast.li, he)
    reply = api(he).post(f"/expense-requests/{desk.expense.pk}/submit")
    assert (reply.status_code, reply.json()["status"]) == (200, "in_approval")
    assert draft(he).owner == he


@pytest.mark.parametrize(("his", "theirs"), [(30, 1), (1, 30), (30, None), (None, 1)])
def test_of_two_shares_the_later_end_counts_and_undoing_gives_the_leaver_his_back(cast, his, theirs):
    def end(days):
        return None if days is None else now + timedelta(days=days)

    now, customer = clock.now(), a_customer(cast.zhao)
    he = hire(cast, "3002", "何伟")
    customer.show_to([cast.li.pk], until=end(his))
    customer.show_to([he.pk], until=end(theirs))

    made = handed_over(cast.qian, cast.li, he, kinds=["shares"])

    assert list(Share.objects.values_list("employee", "until")) == [
        (he.pk, None if None in (his, theirs) else end(max(his, theirs)))
    ]
    handovers.undo(actor=actor_for(cast.qian), handover_id=made.pk, at=clock.now())
    assert Share.objects.get(employee=cast.li).until == end(his)

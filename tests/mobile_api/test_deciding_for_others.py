"""A delegate decides in the giver's name, and only while he stands in for him."""

from datetime import timedelta

import pytest
import time_machine

from backend.approvals import services
from backend.approvals.models import Approval, Decision, Task
from backend.core.actor import Actor
from backend.directory.services import people
from backend.events.models import Event
from mobile_api.schemas.approvals import ApprovalsOut, DecisionScreenOut
from notifications.models import Notification
from tests.support.client import Caller, access_token
from tests.support.contract import reads_as
from tests.support.delegations import delegated, over
from tests.support.expenses import prepare, submitted
from tests.support.visits import recorded, refused

TYPE = "expenses.expenserequest"


@pytest.fixture(autouse=True)
def _ready(cast):
    prepare(cast)


def path_of(request) -> str:
    return f"/approvals/{request.approval_id}"


def decide(api, who, request, verb="approve", *, for_whom=None, opinion="同意"):
    body = {"opinion": opinion} | ({"on_behalf_of": str(for_whom.pk)} if for_whom else {})
    return api(who).post(f"{path_of(request)}/{verb}", body)


def box(api, who, name):
    reply = api(who).get("/approvals", box=name)
    return [str(item.id) for item in reads_as(ApprovalsOut, reply).items]


class TestWhatTheDelegateSees:
    def test_the_todo_box_the_count_and_the_decision_screen(self, api, cast):
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        assert box(api, cast.zhao, "todo") == box(api, cast.han, "todo") == [str(request.approval_id)]
        assert api(cast.zhao).get("/me/today").json()["open_tasks"] == 1
        screen = reads_as(DecisionScreenOut, api(cast.zhao).get(path_of(request)))
        assert [person.name for person in screen.on_behalf_of] == ["韩梅梅"]
        assert screen.actions == ["approve", "reject"]
        assert screen.blocks["document"]["number"] == request.number

    def test_nothing_once_it_is_over(self, api, cast):
        made = delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        over(made)
        assert box(api, cast.zhao, "todo") == []
        assert api(cast.zhao).get("/me/today").json()["open_tasks"] == 0
        assert refused(api(cast.zhao).get(path_of(request)), 404, "not_found")
        assert refused(decide(api, cast.zhao, request, for_whom=cast.han), 404, "not_found")
        assert Approval.objects.get().is_pending

    def test_it_begins_and_ends_by_the_servers_clock(self, api, cast):
        made = delegated(cast.han, cast.zhao, 1, 2)
        request = submitted(cast.li)
        for moment, expected in ((made.starts_at, 1), (made.ends_at - timedelta(seconds=1), 1), (made.ends_at, 0)):
            assert api(cast.zhao).get("/me/today").json()["open_tasks"] == 0
            with time_machine.travel(moment, tick=False):
                zhao = Caller(access_token(cast.zhao))
                assert zhao.get("/me/today").json()["open_tasks"] == expected
                assert [item["id"] for item in zhao.get("/approvals", box="todo").json()["items"]] == [
                    str(request.approval_id)
                ] * expected
                assert zhao.get(path_of(request)).status_code == (200 if expected else 404)

    def test_nothing_before_the_first_day_and_nothing_of_other_kinds(self, api, cast):
        delegated(cast.han, cast.zhao, 1, 2)
        delegated(cast.han, cast.wang, 3, 4)
        delegated(cast.qian, cast.zhao, document_types=[TYPE])
        request = submitted(cast.li)
        assert box(api, cast.zhao, "todo") == []
        assert refused(api(cast.zhao).get(path_of(request)), 404, "not_found")

    def test_what_he_decided_stays_in_his_done_box_for_good(self, api, cast):
        made = delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        decide(api, cast.zhao, request, for_whom=cast.han)
        over(made)
        assert box(api, cast.zhao, "done") == [str(request.approval_id)]
        assert box(api, cast.han, "done") == []
        screen = reads_as(DecisionScreenOut, api(cast.zhao).get(path_of(request)))
        assert (screen.actions, screen.on_behalf_of, screen.blocks) == ([], [], {})

    def test_a_delegate_does_not_pass_it_on(self, api, cast):
        delegated(cast.han, cast.zhao)
        delegated(cast.zhao, cast.wang)
        request = submitted(cast.li)
        assert box(api, cast.wang, "todo") == []
        assert refused(decide(api, cast.wang, request, for_whom=cast.han), 403, "not_asked")  # finance sees it


class TestDeciding:
    @pytest.mark.parametrize(("verb", "status"), [("approve", "approved"), ("reject", "rejected")])
    def test_it_is_said_in_whose_name(self, api, cast, verb, status, work):
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        work()
        reply = decide(api, cast.zhao, request, verb, for_whom=cast.han, opinion="看过")
        assert (reply.status_code, reply.json()["status"]) == (200, status)
        decision = Decision.objects.get()
        assert (decision.by, decision.on_behalf_of, decision.verdict) == (cast.zhao, cast.han, status)
        for name in ("approval.decided_on_behalf", f"approval.{status}", f"expense.{status}"):
            event = Event.objects.get(name=name)
            assert (event.actor, event.on_behalf_of) == (cast.zhao, cast.han), name
        entry = api(cast.li).get(f"{path_of(request)}/history").json()["items"][-1]
        assert (entry["by"]["name"], entry["on_behalf_of"]["name"]) == ("赵强", "韩梅梅")
        work()
        told = Notification.objects.filter(kind="approval.decided_on_behalf")
        assert [(row.recipient, row.title) for row in told] == [(cast.han, f"已代您审批：{request.title}")]

    def test_both_are_told_that_it_waits(self, cast, work):
        delegated(cast.han, cast.zhao)
        submitted(cast.li)
        work()
        told = Notification.objects.filter(kind="approval.requested").values_list("recipient__name", flat=True)
        assert set(told) == {"韩梅梅", "赵强"}

    def test_not_by_keeping_silent_about_the_name(self, api, cast):
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        assert refused(decide(api, cast.zhao, request), 403, "not_asked")
        assert Approval.objects.get().is_pending

    def test_never_what_he_submitted_himself(self, api, cast):
        delegated(cast.han, cast.li)
        request = submitted(cast.li)
        assert box(api, cast.li, "todo") == []
        screen = api(cast.li).get(path_of(request)).json()
        assert (screen["actions"], screen["on_behalf_of"]) == (["withdraw"], [])
        assert refused(decide(api, cast.li, request, for_whom=cast.han), 403, "not_asked")
        assert Approval.objects.get().is_pending

    def test_in_nobody_elses_name(self, api, cast):
        request = submitted(cast.li)
        assert refused(decide(api, cast.wang, request, for_whom=cast.han), 403, "not_asked")
        for stranger in (cast.zhao, cast.sun):
            assert refused(decide(api, stranger, request, for_whom=cast.han), 404, "not_found")
        assert (Decision.objects.count(), recorded("approval.decided_on_behalf")) == (0, 0)

    def test_ones_own_name_is_no_delegation(self, api, cast):
        request = submitted(cast.li)
        assert decide(api, cast.han, request, for_whom=cast.han).status_code == 200
        assert Decision.objects.get().on_behalf_of is None

    def test_twice_is_once_and_also_when_it_is_over_meanwhile(self, api, cast):
        made = delegated(cast.han, cast.zhao)
        request = submitted(cast.li, amount="6000")
        first = decide(api, cast.zhao, request, for_whom=cast.han)
        over(made)
        again = decide(api, cast.zhao, request, for_whom=cast.han)
        assert first.status_code == 200
        assert first.json() == again.json()
        assert Decision.objects.count() == recorded("approval.decided_on_behalf") == 1

    def test_the_giver_learns_who_was_faster(self, api, cast):
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        decide(api, cast.zhao, request, for_whom=cast.han)
        reply = decide(api, cast.han, request)
        assert refused(reply, 409, "already_decided")
        assert reply.json()["decided_by"]["name"] == "赵强"

    def test_the_delegate_learns_who_was_faster(self, api, cast):
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        decide(api, cast.han, request)
        assert refused(decide(api, cast.zhao, request, for_whom=cast.han), 409, "already_decided")

    def test_the_next_step_goes_on_as_if_the_giver_had_agreed(self, api, cast):
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li, amount="6000")
        decide(api, cast.zhao, request, for_whom=cast.han)
        assert list(Task.objects.filter(closed_at=None).values_list("employee__name", flat=True)) == ["王芳"]

    def test_his_own_decision_and_the_one_for_another_are_two(self, api, cast):
        publish_two_managers(cast)
        delegated(cast.han, cast.zhao)
        request = submitted(cast.li)
        assert decide(api, cast.zhao, request).json()["status"] == "pending"
        assert decide(api, cast.zhao, request).json()["status"] == "pending"  # a lost reply decides for nobody else
        assert Decision.objects.count() == 1
        assert decide(api, cast.zhao, request, for_whom=cast.han).json()["status"] == "approved"
        assert box(api, cast.zhao, "done") == [str(request.approval_id)]


def publish_two_managers(cast) -> None:
    """Han Meimei and Zhao Qiang must both agree."""
    people.put_employee(
        actor=Actor.system(cast.company.pk),
        number=cast.zhao.number,
        name=cast.zhao.name,
        department_id=cast.north.pk,
        manager_id=None,
        role_codes=["manager"],
        at=cast.zhao.created_at,
    )
    both = {"key": "both", "name_zh": "主管", "name_en": "Managers", "mode": "all"}
    services.publish_flow(
        actor=Actor.system(cast.company.pk),
        document_type=TYPE,
        name="费用申请",
        steps=[both | {"approvers": {"source": "role", "value": "manager"}}],
    )


def test_looking_costs_no_query_more_where_nobody_else_is_asked(api, cast, django_assert_max_num_queries):
    request = submitted(cast.li, amount="6000")
    caller = api(cast.han)
    caller.get("/me")
    with django_assert_max_num_queries(5):  # one of them looks for revoked sessions
        caller.get(path_of(request))

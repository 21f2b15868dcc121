"""Real threads, real commits: whoever comes first decides, once."""

from collections import Counter

import pytest

from backend.approvals import services
from backend.approvals.models import Approval, Decision, Task
from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.directory.selectors import actor_for
from backend.directory.services import people
from backend.events.models import Event
from backend.expenses.models import ExpenseRequest
from backend.expenses.services import submit_request
from tests.support.delegations import delegated
from tests.support.expenses import draft, prepare, submitted
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
TYPE = "expenses.expenserequest"


@pytest.fixture
def approvers(cast) -> list[Employee]:
    """Eight of the finance, any of whom or all of whom decide."""
    prepare(cast)
    for number in range(7):
        people.put_employee(
            actor=Actor.system(cast.company.pk),
            number=f"80{number}",
            name=f"会计{number}",
            department_id=cast.east.pk,
            manager_id=None,
            role_codes=["finance"],
            at=clock.now(),
        )
    return list(Employee.objects.filter(role_assignments__role__code="finance", company=cast.company))


def finance_decides(cast, mode: str) -> None:
    step = {"key": "finance", "name_zh": "财务", "name_en": "Finance", "mode": mode}
    services.publish_flow(
        actor=Actor.system(cast.company.pk),
        document_type=TYPE,
        name="费用申请",
        steps=[{**step, "approvers": {"source": "role", "value": "finance"}}],
    )


def verb(approval_id, employee: Employee, number: int):
    """Even numbers agree, odd ones refuse."""
    actor, at = actor_for(employee), clock.now()
    if number % 2:
        return services.reject(actor=actor, approval_id=approval_id, opinion="太贵", at=at)
    return services.approve(actor=actor, approval_id=approval_id, at=at)


def settled_events(request: ExpenseRequest) -> list[str]:
    names = ["expense.approved", "expense.rejected", "expense.withdrawn"]
    return list(Event.objects.filter(subject_id=request.pk, name__in=names).values_list("name", flat=True))


def test_of_eight_who_decide_at_once_one_does(cast, approvers):
    finance_decides(cast, "any")
    request = submitted(cast.li)
    results = together(8, lambda i: verb(request.approval_id, approvers[i], i))
    winners = [result for result in results if isinstance(result, Approval)]
    losers = [result for result in results if isinstance(result, services.AlreadyDecided)]
    assert (len(winners), len(losers)) == (1, 7)
    decision = Decision.objects.get()
    assert {loser.data["decided_by"]["id"] for loser in losers} == {decision.by_id}
    request.refresh_from_db()
    assert request.status == winners[0].status == decision.verdict
    assert settled_events(request) == [f"expense.{request.status}"]
    assert not Task.objects.filter(status="open").exists()


def test_eight_who_must_all_agree_end_it_once(cast, approvers):
    finance_decides(cast, "all")
    request = submitted(cast.li)
    results = together(8, lambda i: verb(request.approval_id, approvers[i], 0))
    assert Counter(result.status for result in results) == {"pending": 7, "approved": 1}
    assert Decision.objects.count() == 8
    assert settled_events(request) == ["expense.approved"]
    assert Approval.objects.get().version == 9


def test_the_same_request_eight_times_is_one_decision(cast):
    prepare(cast)
    request = submitted(cast.li, amount="6000")
    results = together(8, lambda i: verb(request.approval_id, cast.han, 0))
    assert {(result.status, result.step, result.version) for result in results} == {("pending", 1, 2)}
    assert Decision.objects.count() == 1
    assert Event.objects.filter(name="approval.requested").count() == 2


def test_a_withdrawal_and_a_decision_end_in_one_of_the_two(cast):
    prepare(cast)
    for _ in range(4):
        request = submitted(cast.li)

        def act(i: int, request: ExpenseRequest = request) -> Approval:
            if i:
                return services.withdraw(actor=actor_for(cast.li), approval_id=request.approval_id, at=clock.now())
            return verb(request.approval_id, cast.han, 0)

        decided, withdrawn = together(2, act)
        request.refresh_from_db()
        if request.status == "approved":
            assert isinstance(withdrawn, services.AlreadyDecided)
            assert decided.status == "approved"
        else:
            assert request.status == withdrawn.status == "withdrawn"
            assert isinstance(decided, services.AlreadyWithdrawn)
        assert settled_events(request) == [f"expense.{request.status}"]


def test_the_giver_and_the_delegate_at_once_are_one_decision(cast):
    prepare(cast)
    delegated(cast.han, cast.zhao)
    for _ in range(4):
        request = submitted(cast.li)

        def act(i: int, request: ExpenseRequest = request) -> Approval:
            who, name = ((cast.han, None), (cast.zhao, cast.han.pk))[i % 2]
            return services.approve(
                actor=actor_for(who), approval_id=request.approval_id, on_behalf_of=name, at=clock.now()
            )

        results = together(4, act)
        decision = Decision.objects.get(task__approval=request.approval_id)
        first = 0 if decision.by == cast.han else 1
        assert {type(result) for result in results[first::2]} == {Approval}
        assert {type(result) for result in results[1 - first :: 2]} == {services.AlreadyDecided}
        assert settled_events(request) == ["expense.approved"]


def test_submitting_eight_times_at_once_starts_one_approval(cast):
    prepare(cast)
    request = draft(cast.li)
    results = together(8, lambda i: submit_request(actor=actor_for(cast.li), request_id=request.pk, at=clock.now()))
    approval = Approval.objects.get()
    assert {result.approval_id for result in results} == {approval.pk}
    assert Task.objects.count() == 1
    assert Event.objects.filter(name="approval.requested").count() == 1


def test_publishing_at_once_numbers_the_versions(cast, approvers):
    system = Actor.system(cast.company.pk)

    def publish(i: int):
        step = {"key": f"step{i}", "name_zh": "财务", "name_en": "Finance", "mode": "any"}
        return services.publish_flow(
            actor=system,
            document_type=TYPE,
            name="费用申请",
            steps=[{**step, "approvers": {"source": "role", "value": "finance"}}],
        )

    assert sorted(version.number for version in together(8, publish)) == list(range(2, 10))

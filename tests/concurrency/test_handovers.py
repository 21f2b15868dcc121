"""Real threads, real commits: a handover and whatever happens at the same moment come one after the other."""

from uuid import uuid4

import pytest

from backend.approvals import services as approvals
from backend.approvals.models import Decision, Task
from backend.core import clock
from backend.core.errors import NotFound
from backend.customers.models import Customer
from backend.customers.services import change_customer, claim_customer, release_customer
from backend.directory.models import Handover, HandoverItem
from backend.directory.selectors import actor_for
from backend.directory.services import handovers
from backend.events.models import Event
from backend.expenses.services import submit_request
from backend.visits.models import Visit
from backend.visits.services import check_in, create_visit
from tests.support.expenses import a_customer, prepare, submitted
from tests.support.handovers import asks, handed_over, hire, make_desk
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def undo(by, handover: Handover) -> Handover:
    return handovers.undo(actor=actor_for(by), handover_id=handover.pk, at=clock.now())


@pytest.mark.parametrize("round", range(ROUNDS))
def test_what_the_leaver_writes_is_moved_with_it_or_refused(cast, round):
    he, customer = hire(cast, "3002", "何伟"), a_customer(cast.li)
    leaver = actor_for(cast.li)

    def act(i: int):
        if i:
            return handed_over(cast.han, cast.li, he)
        changes = {"name": "新茶行"}
        return change_customer(actor=leaver, customer_id=customer.pk, version=1, changes=changes, at=clock.now())

    wrote, _ = together(2, act)
    customer.refresh_from_db()
    assert customer.owner == he
    if isinstance(wrote, NotFound):
        assert (customer.name, customer.version) == ("老张茶行", 2)
    else:
        assert (customer.name, customer.version) == ("新茶行", 3)


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_draft_that_is_submitted_meanwhile_stays_with_who_submitted_it(cast, round):
    he, desk = hire(cast, "3002", "何伟"), make_desk(cast)
    asks(cast, cast.han)
    leaver = actor_for(cast.li)

    def act(i: int):
        if i:
            return handed_over(cast.han, cast.li, he)
        return submit_request(actor=leaver, request_id=desk.expense.pk, at=clock.now())

    sent, _ = together(2, act)
    desk.expense.refresh_from_db()
    refused = isinstance(sent, NotFound)
    assert (desk.expense.owner, desk.expense.status) == ((he, "draft") if refused else (cast.li, "in_approval"))


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_plan_and_the_visit_made_of_it_stay_together(cast, round):
    he, desk = hire(cast, "3002", "何伟"), make_desk(cast)
    Visit.objects.all().delete()
    leaver = actor_for(cast.li)

    def act(i: int):
        if i:
            return handed_over(cast.han, cast.li, he)
        return create_visit(actor=leaver, plan_id=desk.plan.pk, at=clock.now())

    made, _ = together(2, act)
    desk.plan.refresh_from_db()
    assert desk.plan.owner == he
    if isinstance(made, NotFound):
        assert not Visit.objects.exists()
    else:
        assert Visit.objects.get().owner == he


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_visit_that_is_begun_meanwhile_stays_his_with_its_plan(cast, round):
    he, desk = hire(cast, "3002", "何伟"), make_desk(cast)
    leaver = actor_for(cast.li)
    there = {"lat": 31.0, "lng": 121.0, "accuracy_m": 10.0, "crs": "wgs84", "fixed_at": clock.now(), "source": "gps"}

    def act(i: int):
        if i:
            return handed_over(cast.han, cast.li, he)
        return check_in(actor=leaver, visit_id=desk.visit.pk, samples=[there], device_id="phone-1", at=clock.now())

    begun, _ = together(2, act)
    desk.visit.refresh_from_db()
    desk.plan.refresh_from_db()
    refused = isinstance(begun, NotFound)
    assert (desk.visit.owner, desk.visit.status) == ((he, "created") if refused else (cast.li, "open"))
    assert desk.plan.owner == desk.visit.owner


@pytest.mark.parametrize("round", range(ROUNDS))
def test_two_at_once_move_everything_once(cast, round):
    make_desk(cast)
    successors = [hire(cast, "3002", "何伟"), hire(cast, "3003", "小刘")]
    results = together(2, lambda i: handed_over(cast.han, cast.li, successors[i]))
    moved = sorted(sum(result.counts.values()) for result in results)
    assert moved[0] == 0
    assert moved[1] == HandoverItem.objects.filter(outcome="moved").count() > 0
    winner = max(results, key=lambda result: sum(result.counts.values()))
    assert Customer.objects.get().owner == winner.successor
    assert Event.objects.filter(name="customer.handed_over").count() == 1


def test_the_same_request_eight_times_is_one_handover(cast):
    make_desk(cast)
    he, chosen = hire(cast, "3002", "何伟"), uuid4()
    results = together(8, lambda i: handed_over(cast.han, cast.li, he, id=chosen))
    assert {result.pk for result in results} == {chosen}
    assert Handover.objects.count() == Event.objects.filter(name="handover.made").count() == 1


@pytest.mark.parametrize("round", range(ROUNDS))
def test_two_who_succeed_each_other_at_once_end_in_one_order(cast, round):
    """Neither waits for the other for ever, and each thing has one owner."""
    a_customer(cast.li, code="L")
    a_customer(cast.zhao, code="Z")
    pairs = [(cast.li, cast.zhao), (cast.zhao, cast.li)]
    results = together(2, lambda i: handed_over(cast.qian, *pairs[i], kinds=["customers"]))
    assert all(isinstance(result, Handover) for result in results), results
    assert sorted(result.counts["customers"] for result in results) == [1, 2]
    assert Customer.objects.values_list("owner", flat=True).distinct().count() == 1


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_decision_comes_before_or_after_it(cast, round):
    prepare(cast)
    asks(cast, cast.li)
    he = hire(cast, "3002", "何伟")
    request = submitted(hire(cast, "3001", "周舟"))
    leaver = actor_for(cast.li)

    def act(i: int):
        if i:
            return handed_over(cast.han, cast.li, he)
        return approvals.approve(actor=leaver, approval_id=request.approval_id, at=clock.now())

    decided, made = together(2, act)
    task = Task.objects.get()
    if isinstance(decided, approvals.NotAsked):
        assert (task.employee, task.status, made.counts) == (he, "open", {"tasks": 1})
        assert not Decision.objects.exists()
    else:
        assert (task.employee, task.status, made.counts) == (cast.li, "approved", {})
        assert Decision.objects.get().by == cast.li


@pytest.mark.parametrize("round", range(ROUNDS))
def test_a_customer_released_meanwhile_belongs_to_nobody_or_to_the_successor(cast, round):
    he, customer = hire(cast, "3002", "何伟"), a_customer(cast.li)
    leaver, colleague = actor_for(cast.li), actor_for(cast.zhao)

    def act(i: int):
        if i == 0:
            return release_customer(actor=leaver, customer_id=customer.pk, at=clock.now())
        if i == 1:
            return claim_customer(actor=colleague, customer_id=customer.pk, at=clock.now())
        return handed_over(cast.han, cast.li, he)

    released, claimed, made = together(3, act)
    customer.refresh_from_db()
    if made.counts:
        assert customer.owner == he
        assert isinstance(released, NotFound)
        assert isinstance(claimed, NotFound)
    else:
        assert customer.owner in {None, cast.zhao}


def test_undoing_eight_times_at_once_is_one_undoing(cast):
    make_desk(cast)
    made = handed_over(cast.han, cast.li, hire(cast, "3002", "何伟"))
    results = together(8, lambda i: undo(cast.han, made))
    assert len({result.undone_at for result in results}) == 1
    assert Event.objects.filter(name="customer.handed_back").count() == 1
    assert Customer.objects.get().owner == cast.li


@pytest.mark.parametrize("round", range(ROUNDS))
def test_undoing_and_handing_on_at_once_lose_nothing(cast, round):
    make_desk(cast)
    he = hire(cast, "3002", "何伟")
    made = handed_over(cast.han, cast.li, he)

    def act(i: int):
        return undo(cast.han, made) if i else handed_over(cast.qian, he, cast.zhao, kinds=["customers"])

    on, _ = together(2, act)
    item = HandoverItem.objects.get(handover=made, kind="customers")
    owner = Customer.objects.get().owner
    if on.counts:
        assert (owner, item.outcome, item.why) == (cast.zhao, "not_put_back", "moved_on")
    else:
        assert (owner, item.outcome) == (cast.li, "put_back")

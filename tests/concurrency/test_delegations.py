"""Real threads, real commits: delegations that must not meet never do."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Conflict
from backend.directory.models.delegations import Delegation
from backend.directory.selectors import actor_for
from backend.directory.services import delegations, people
from backend.directory.standing_in import Circular, Overlaps
from tests.support.delegations import delegated
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_give_to_each_other_at_once_do_not_close_a_circle(cast):
    pair = [(cast.han, cast.wang), (cast.wang, cast.han)]
    results = together(2, lambda i: delegated(*pair[i]))
    assert sorted(map(type, results), key=str) == sorted([Delegation, Circular], key=str)
    assert Delegation.objects.count() == 1


def test_of_eight_for_the_same_days_one_stands(cast):
    others = [cast.li, cast.wang, cast.zhao, cast.qian] * 2
    results = together(8, lambda i: delegated(cast.han, others[i]))
    assert sum(isinstance(result, Delegation) for result in results) == 1
    assert sum(isinstance(result, Overlaps) for result in results) == 7


def test_ending_it_eight_times_at_once_is_one_end(cast):
    made = delegated(cast.han, cast.wang)
    actor = actor_for(cast.han)
    results = together(8, lambda i: delegations.end(actor=actor, delegation_id=made.pk, at=clock.now()))
    assert len({result.ended_at for result in results}) == 1


def test_nobody_stands_in_for_long_who_leaves_meanwhile(cast):
    system = Actor.system(cast.company.pk)

    def act(i: int):
        if i:
            return people.dismiss(actor=system, employee_id=cast.wang.pk, at=clock.now())
        return delegated(cast.han, cast.wang)

    given, _ = together(2, act)
    if isinstance(given, Conflict):
        assert given.code == "person_has_left"
    else:
        assert Delegation.objects.get().end_reason == "left"

from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer, Merge
from backend.customers.services import set_pool_rules
from backend.events.models import Event
from tests.support.customers import made, pooled
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_who_claim_at_once_one_wins(api, cast):
    sent = {"id": str(uuid4()), "name": "联华超市"}
    api(cast.li).post("/customers", sent)
    api(cast.li).post(f"/customers/{sent['id']}/release")
    people = [cast.li, cast.zhao, cast.han, cast.qian]
    callers = [api(person) for person in people]

    replies = together(len(callers), lambda i: callers[i].post(f"/customers/{sent['id']}/claim"))

    codes = [reply.json().get("code") if reply.status_code != 200 else "won" for reply in replies]
    assert sorted(codes) == ["already_claimed"] * 3 + ["won"]
    assert Customer.objects.get().owner == people[codes.index("won")]
    assert Event.objects.filter(name="customer.claimed").count() == 1


def test_eight_copies_of_one_create_make_one_customer(api, cast):
    caller, sent = api(cast.li), {"id": str(uuid4()), "name": "联华超市", "code": "LH-1"}

    statuses = sorted(reply.status_code for reply in together(8, lambda i: caller.post("/customers", sent)))

    assert statuses == [200] * 7 + [201]
    assert Customer.objects.count() == Event.objects.filter(name="customer.created").count() == 1


def test_customers_made_at_once_have_numbers_of_their_own(api, cast):
    callers = [api(cast.li), api(cast.zhao)]

    replies = together(8, lambda i: callers[i % 2].post("/customers", {"name": "x", "accept_duplicates": True}))

    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["code"] for reply in replies}) == 8


def test_of_the_same_customer_entered_twice_at_once_one_is_made(api, cast):
    callers = [api(cast.li), api(cast.zhao)]

    replies = together(8, lambda i: callers[i % 2].post("/customers", {"name": "联华超市", "phone": "021-68889999"}))

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert {reply.json().get("code") for reply in replies} > {"likely_duplicate"}
    assert Customer.objects.count() == 1


def test_claims_at_once_keep_the_limit(api, cast):
    actor = Actor.system(cast.company.pk)
    set_pool_rules(actor=actor, most_held=2, claims_a_day=None, return_after_days=None, at=clock.now())
    waiting = [pooled(api(cast.li), f"客户{n}")["id"] for n in range(6)]
    api(cast.zhao)

    replies = together(6, lambda i: api(cast.zhao).post(f"/customers/{waiting[i]}/claim"))

    assert sorted(reply.status_code for reply in replies) == [200] * 2 + [409] * 4
    assert Customer.objects.filter(owner=cast.zhao).count() == 2


def test_of_two_who_assign_or_merge_at_once_one_does(api, cast):
    mine, other = made(api(cast.han), "甲"), made(api(cast.han), "乙")
    goals = [str(cast.zhao.pk), str(cast.wang.pk)] * 3
    path = f"/customers/{mine['id']}/assign"
    for person in (cast.han, cast.qian):
        api(person)

    assigned = together(6, lambda i: api(cast.qian).post(path, {"owner_id": goals[i], "version": 1}))

    assert {reply.status_code for reply in assigned} == {200, 409}
    assert Event.objects.filter(name="customer.assigned").count() == 1
    pair = [mine["id"], other["id"]]
    merged = together(
        6, lambda i: api(cast.qian).post("/customers/merge", {"kept_id": pair[i % 2], "merged_id": pair[1 - i % 2]})
    )
    assert {reply.status_code for reply in merged} == {200, 404}
    assert Merge.objects.count() == Customer.objects.filter(deleted_at=None).count() == 1

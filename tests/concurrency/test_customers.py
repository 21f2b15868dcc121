from uuid import uuid4

import pytest

from backend.customers.models import Customer
from backend.events.models import Event
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

    replies = together(8, lambda i: callers[i % 2].post("/customers", {"name": "x"}))

    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["code"] for reply in replies}) == 8

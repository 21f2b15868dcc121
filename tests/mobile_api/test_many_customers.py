"""One command for many customers: each for itself, and what came of each."""

from typing import Any
from uuid import uuid4

import pytest

from backend.core import clock
from backend.customers.models import CoOwner, Customer
from backend.customers.services import put_entry
from backend.events.models import Event
from tests.support.customers import code_of, made


def told(reply: Any) -> list[tuple[bool, str | None]]:
    assert reply.status_code == 200, reply.content
    return [(each["done"], each["code"]) for each in reply.json()["items"]]


@pytest.fixture
def three(api, cast) -> list[str]:
    """Li's, Zhao's (hidden from Han) and one in the pool that Han only sees."""
    pooled = made(api(cast.zhao), "公海")["id"]
    api(cast.zhao).post(f"/customers/{pooled}/release")
    return [made(api(cast.li), "联华")["id"], made(api(cast.zhao), "北方")["id"], pooled]


OUTCOMES = [(True, None), (False, "not_found"), (False, "not_in_charge")]


def test_assigning(api, cast, three):
    body = {"customer_ids": [*three, three[0]], "owner_id": str(cast.han.pk)}
    for _ in range(2):  # twice is once
        reply = api(cast.han).post("/customers/assign", body)
        assert told(reply) == OUTCOMES
    assert [each["customer_id"] for each in reply.json()["items"]] == three
    assert Customer.objects.get(pk=three[0]).owner == cast.han
    assert Customer.objects.get(pk=three[1]).owner == cast.zhao
    assert Event.objects.filter(name="customer.assigned").count() == 1
    nobody = api(cast.han).post("/customers/assign", {"customer_ids": three[:1], "owner_id": str(cast.sun.pk)})
    assert told(nobody) == [(False, "not_found")]


def test_sharing_and_releasing(api, cast, three):
    han = api(cast.han)
    assert told(han.post("/customers/share", {"customer_ids": three, "employee_ids": [str(cast.wang.pk)]})) == OUTCOMES
    assert [row.customer_id for row in CoOwner.objects.all()] == [Customer.objects.get(pk=three[0]).pk]
    outcomes = told(han.post("/customers/release", {"customer_ids": three}))
    assert outcomes == [(True, None), (False, "not_found"), (True, None)], "in the pool it is already"
    assert Customer.objects.get(pk=three[0]).in_pool
    assert not CoOwner.objects.exists()
    assert told(api(cast.sun).post("/customers/release", {"customer_ids": three})) == [(False, "not_found")] * 3


def test_tagging(api, cast, three):
    put_entry(actor=cast.actor(cast.qian), kind="customer_tag", code="促销", name="促销", at=clock.now())
    han = api(cast.han)
    for _ in range(2):
        assert told(han.post("/customers/tags", {"customer_ids": three, "add": ["促销"]})) == OUTCOMES
    customer = Customer.objects.get(pk=three[0])
    assert (customer.tags, customer.version) == (["促销"], 2)
    assert told(han.post("/customers/tags", {"customer_ids": three[:1], "add": ["x"]})) == [(False, "unknown_entry")]
    assert told(han.post("/customers/tags", {"customer_ids": three[:1], "remove": ["促销"]})) == [(True, None)]
    retired = put_entry(
        actor=cast.actor(cast.qian), kind="customer_tag", code="促销", name="促销", is_active=False, at=clock.now()
    )
    assert not retired.is_active
    for chunk in ([f"a{n}" for n in range(15)], [f"b{n}" for n in range(5)]):
        assert told(han.post("/customers/tags", {"customer_ids": three[:1], "add": chunk})) == [(True, None)]
    assert told(han.post("/customers/tags", {"customer_ids": three[:1], "add": ["c"]})) == [(False, "too_many_tags")]


def test_no_more_than_two_hundred(api, cast):
    for count, status in ((200, 200), (201, 422), (0, 422)):
        reply = api(cast.han).post("/customers/release", {"customer_ids": [str(uuid4()) for _ in range(count)]})
        assert reply.status_code == status


def test_a_duplicate_is_found_by_the_telephone_of_one_of_its_people(api, cast):
    li = api(cast.li)
    there = made(li, "联华")
    li.post(f"/customers/{there['id']}/contacts", {"name": "王芳", "phone": "+86 139-0000-0001"})
    other = made(li, "华联")
    li.post(f"/customers/{other['id']}/contacts", {"name": "李四", "phone": "139000000019"})
    reply = li.post("/customers", {"name": "新店", "phone": "13900000001"})
    assert code_of(reply) == (409, "likely_duplicate")
    [duplicate] = reply.json()["duplicates"]
    assert (duplicate["customer"]["id"], duplicate["reasons"]) == (there["id"], ["contact_phone"])
    hidden = api(cast.zhao).post("/customers/check-duplicates", {"phone": "13900000001"}).json()["items"]
    assert hidden == [{"customer": None, "reasons": ["contact_phone"]}]

"""Orders under real threads: one number, one message, one effect, whoever comes at the same moment."""

import random
from uuid import uuid4

import pytest

from backend.core import clock
from backend.erp import inbox, outbox
from backend.erp.models import InboxMessage, Outbox
from backend.erp.services.systems import put_system
from backend.events.models import Delivery, Event
from backend.orders.models import Line, Order, OrderEvent
from tests.support.erp import event, receiver, tell
from tests.support.orders import fact, make_shop, stored
from tests.support.threads import together
from tests.support.work import run_owed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(cast):
    return make_shop(cast)


@pytest.fixture
def li(api, cast):
    return api(cast.li)


@pytest.fixture
def erp(shop):
    with receiver() as there:
        there.secret = shop.erp.live_secrets[0]
        address = {"push_url": there.url, "on_premise": True, "receives_orders": True}
        put_system(actor=shop.system, code="k3", name="金蝶", at=clock.now(), **address)
        yield there


def test_one_draft_submitted_eight_times_has_one_number_and_is_owed_once(shop, li):
    order = shop.draft(li)
    replies = together(8, lambda _: li.post(f"/orders/{order['id']}/submit"))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["number"] for reply in replies}) == 1
    assert Event.objects.filter(name="order.submitted").count() == 1
    assert Delivery.objects.filter(consumer="erp").count() == 1
    run_owed()
    assert Outbox.objects.count() == 1


def test_eight_orders_have_eight_numbers(shop, li):
    drafts = [shop.draft(li) for _ in range(8)]
    replies = together(8, lambda n: li.post(f"/orders/{drafts[n]['id']}/submit"))
    assert sorted(int(reply.json()["number"][-4:]) for reply in replies) == list(range(1, 9))


def test_one_create_sent_eight_times_makes_one_order(shop, li):
    body = {"id": str(uuid4())} | shop.basket()
    body["lines"][0]["id"] = str(uuid4())
    replies = together(8, lambda _: li.post("/orders", body))
    assert sorted(reply.status_code for reply in replies) == [200] * 7 + [201]
    assert (Order.objects.count(), Line.objects.count()) == (1, 1)


def test_of_eight_edits_of_one_version_one_wins(shop, li):
    order = shop.draft(li)
    replies = together(8, lambda n: li.patch(f"/orders/{order['id']}", {"version": 1, "note": f"第{n}个"}))
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} == {"version_conflict"}
    assert stored(order).version == 2


def test_two_workers_at_one_row_send_one_message(shop, li, erp):
    order = shop.submitted(li)
    row = shop.owe(order)
    performed = together(4, lambda _: outbox.push(row.pk))
    assert sorted(performed) == [False, False, False, True]
    assert len(erp.requests) == 1
    assert stored(order).status == "sent"


@pytest.mark.parametrize("round", range(4))
def test_cancelling_while_the_worker_sends_ends_in_one_truth(shop, li, erp, round):
    order = shop.submitted(li)
    row = shop.owe(order)
    cancel, _ = together(2, lambda n: outbox.push(row.pk) if n else li.post(f"/orders/{order['id']}/cancel"))
    if cancel.status_code == 200:
        assert (stored(order).status, erp.orders) == ("cancelled", {})
    else:
        assert (cancel.status_code, cancel.json()["code"]) == (409, "order_already_sent")
        assert (stored(order).status, list(erp.orders)) == ("sent", [order["number"]])


def test_events_that_come_all_at_once_are_each_told_once(shop, li, api):
    order = shop.submitted(li)
    run_owed()
    kinds = ["in_review", "confirmed", "production", "shipped", "delivered", "invoiced", "paid"]
    events = [event(order["number"], kind, minutes_ago=30 - n) for n, kind in enumerate(kinds)]
    caller, chance = api(None), random.Random(7)
    for n in range(8):
        shuffled = chance.sample(events, k=len(events))
        assert tell(caller, shop.erp, {"events": shuffled}, id=f"m{n}").status_code == 202
    messages = list(InboxMessage.objects.values_list("pk", flat=True))
    assert together(8, lambda n: inbox.apply(messages[n])) == [True] * 8
    assert set(InboxMessage.objects.values_list("status", flat=True)) == {"done"}
    assert OrderEvent.objects.filter(source="k3").count() == len(kinds)
    recorded = Event.objects.filter(name__in=[f"order.{kind}" for kind in kinds])
    assert sorted(recorded.values_list("name", flat=True)) == sorted(f"order.{kind}" for kind in kinds)
    assert stored(order).label == "paid"


def test_one_message_that_comes_eight_times_at_once_is_one(shop, li, api):
    order = shop.submitted(li)
    caller, message = api(None), {"events": [event(order["number"], "confirmed")]}
    replies = together(8, lambda _: tell(caller, shop.erp, message))
    assert sorted(reply.status_code for reply in replies) == [200] * 7 + [202]
    assert InboxMessage.objects.count() == 1


def test_following_at_once_is_following_once(shop, li):
    order = shop.draft(li)
    replies = together(8, lambda _: li.post(f"/orders/{order['id']}/follow"))
    assert {reply.status_code for reply in replies} == {200}
    assert Event.objects.filter(name="order.followed").count() == 1


def test_the_erp_confirms_while_the_rep_cancels(shop, li):
    order = shop.submitted(li)
    replies = together(
        2, lambda n: shop.hear(order, fact("confirmed")) if n else li.post(f"/orders/{order['id']}/cancel")
    )
    assert replies[0].status_code in {200, 409}
    assert stored(order).status == "accepted"  # the ERP has it, whatever came first

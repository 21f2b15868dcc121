"""The order reaches the ERP exactly once, whatever happens on the way."""

import pytest

from backend.core import clock
from backend.erp import outbox
from backend.erp.models import ErpLink, ErpSystem, Outbox
from backend.erp.services.outgoing import owe_order
from backend.erp.services.systems import put_system, resume_system, rotate_secret
from backend.events.models import Delivery, Event
from backend.orders.models import OrderEvent
from tests.support.erp import event, receiver, tell
from tests.support.orders import fact, stored


def repoint(shop, **changes) -> ErpSystem:
    system = ErpSystem.objects.get(pk=shop.erp.pk)
    fields = {"name": system.name, "push_url": system.push_url, "on_premise": system.on_premise} | changes
    return put_system(actor=shop.system, code="k3", receives_orders=True, at=clock.now(), **fields)


def test_submitting_owes_the_order_in_the_same_transaction(shop, li):
    order = shop.submitted(li)
    owed = Delivery.objects.get(consumer="erp", event__name="order.queued")
    assert (str(owed.event.subject_id), owed.status) == (order["id"], "pending")


def test_a_pushed_order_is_sent_and_linked(shop, li, erp, work):
    order = shop.submitted(li, note="加急")
    work()
    assert stored(order).status == "sent"
    (told,) = erp.orders.values()
    assert (told["number"], told["customer"], told["note"]) == (
        order["number"],
        {"code": "C1", "name": "联华超市"},
        "加急",
    )
    (line,) = told["lines"]
    assert (line["product_code"], line["quantity"], line["unit_price"], line["amount"]) == (
        "P-1",
        "12",
        "4.00",
        "48.00",
    )
    link = ErpLink.objects.get()
    assert (str(link.local_id), link.external_id) == (order["id"], f"ERP-{order['number']}")
    assert Event.objects.filter(name="order.sent").count() == 1
    assert work() == 0


def test_a_lost_reply_leaves_one_order_there(shop, li, erp, work, due):
    erp.answers = ["lose"]
    order = shop.submitted(li)
    work()
    assert stored(order).status == "queued"
    assert stored(order).blocked_by == ["erp_error"]
    due(Outbox)
    work()
    assert stored(order).status == "sent"
    assert (stored(order).trouble, stored(order).blocked_by) == ("", [])
    assert list(erp.orders) == [order["number"]]
    assert [headers["webhook-id"] for headers in erp.requests] == [order["number"]] * 2


def test_an_order_whose_fate_is_unknown_cannot_be_cancelled_here(shop, li, erp, work, due):
    erp.answers = ["lose", 503]
    order = shop.submitted(li)
    for _ in range(2):
        work()
        reply = li.post(f"/orders/{order['id']}/cancel")
        assert (reply.status_code, reply.json()["code"]) == (409, "order_already_sent")
        due(Outbox)
    work()
    assert stored(order).status == "sent"


def test_an_order_that_surely_did_not_arrive_can(shop, li, erp, work, due):
    erp.answers = [503]
    order = shop.submitted(li)
    work()
    assert li.post(f"/orders/{order['id']}/cancel").json()["status"] == "cancelled"
    due(Outbox)
    work()
    assert erp.orders == {}
    assert Outbox.objects.get().status == "done"


def test_cancelled_before_the_worker_came(shop, li, erp, work):
    order = shop.submitted(li)
    li.post(f"/orders/{order['id']}/cancel")
    work()
    assert (erp.requests, stored(order).status) == ([], "cancelled")
    assert not Outbox.objects.exists()


def test_a_worker_that_died_after_the_call_leaves_one_order(shop, li, erp, work, due, monkeypatch):
    """Killed between the ERP's commit and ours: nothing was written down, the lease ends, another worker comes."""
    order = shop.submitted(li)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_settle", die)
        with pytest.raises(Killed):
            work()
    assert list(erp.orders) == [order["number"]]
    due(Outbox)
    work()
    assert (list(erp.orders), stored(order).status) == ([order["number"]], "sent")


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_comes_back_to_the_rep_with_the_erps_words(shop, li, erp, work, status):
    erp.answers = [(status, {"reason": "信用额度不足"})]
    order = shop.submitted(li)
    work()
    assert (stored(order).status, stored(order).label, stored(order).reason) == ("rejected", "rejected", "信用额度不足")
    data = Event.objects.get(name="order.rejected").data
    assert (data["number"], data["customer"], data["reason"]) == (order["number"], "联华超市", "信用额度不足")
    assert (Outbox.objects.get().status, Outbox.objects.get().error) == ("dead", "信用额度不足")


def test_an_order_that_is_there_already_is_not_an_error(shop, li, erp, work):
    erp.answers = [409]
    order = shop.submitted(li)
    work()
    assert stored(order).status == "sent"


@pytest.mark.parametrize("answer", [500, 502, 504, 429, 503, "lose"])
def test_an_erp_in_trouble_is_asked_again(shop, li, erp, work, due, answer):
    erp.answers = [answer]
    order = shop.submitted(li)
    work()
    assert Outbox.objects.get().status == "pending"
    assert stored(order).trouble
    due(Outbox)
    work()
    assert stored(order).status == "sent"


def test_an_erp_that_is_down_for_a_weekend_gets_the_order_on_monday(shop, li, work, due):
    with receiver() as gone:
        pass
    repoint(shop, push_url=gone.url, on_premise=True)
    order = shop.submitted(li)
    for _ in range(30):
        due(Outbox)
        work()
    waiting = Outbox.objects.get()
    assert (waiting.status, stored(order).status) == ("pending", "queued")
    assert waiting.due_at > clock.now()


@pytest.mark.parametrize("answer", [401, 403, 404, 302])
def test_wrong_settings_pause_the_system_and_lose_nothing(shop, li, erp, work, due, answer):
    erp.answers = [answer]
    first, second = shop.submitted(li), shop.submitted(li)
    work()
    system = ErpSystem.objects.get(pk=shop.erp.pk)
    assert (system.paused_reason, Event.objects.filter(name="erp_system.paused").count()) == (f"HTTP {answer}", 1)
    assert len(erp.requests) == 1
    assert Outbox.objects.filter(status="pending").count() == 2
    assert stored(second).blocked_by == ["erp_error"]
    resume_system(actor=shop.system, system_id=system.pk, at=clock.now())
    work()
    assert sorted(erp.orders) == sorted([first["number"], second["number"]])
    assert stored(first).status == stored(second).status == "sent"


@pytest.mark.parametrize(
    ("url", "on_premise"),
    [("https://127.0.0.1:1/orders", False), ("http://127.0.0.1:1/orders", False), ("https://10.0.0.8/orders", False)],
)
def test_no_private_address_without_the_administrators_word(shop, li, work, url, on_premise):
    ErpSystem.objects.filter(pk=shop.erp.pk).update(push_url=url, on_premise=on_premise)
    order = shop.submitted(li)
    work()
    assert ErpSystem.objects.get(pk=shop.erp.pk).paused_at is not None
    assert stored(order).status == "queued"


def test_the_erp_speaks_of_it_before_its_answer_came(shop, api, li, erp, work, due):
    erp.answers = ["lose"]
    order = shop.submitted(li)
    work()
    tell(api(None), ErpSystem.objects.get(pk=shop.erp.pk), {"events": [event(order["number"], "confirmed")]})
    work()
    assert (stored(order).status, stored(order).trouble) == ("accepted", "")
    due(Outbox)
    work()
    assert len(erp.requests) == 1
    assert Outbox.objects.get().status == "done"


def test_a_new_secret_is_used_beside_the_old_one(shop, li, erp, work):
    """The receiver still knows only the old one and finds its signature among the two."""
    rotate_secret(actor=shop.system, system_id=shop.erp.pk, at=clock.now())
    order = shop.submitted(li)
    work()
    assert erp.requests[0]["webhook-signature"].count("v1,") == 2
    assert stored(order).status == "sent"


def test_without_an_erp_the_order_waits_for_one(shop, li, work, due):
    put_system(actor=shop.system, code="k3", name="金蝶", receives_orders=False, at=clock.now())
    order = shop.submitted(li)
    work()
    assert stored(order).blocked_by == ["erp_error"]
    put_system(actor=shop.system, code="k3", name="金蝶", receives_orders=True, at=clock.now())
    due(Delivery)
    work()
    assert (stored(order).status, stored(order).trouble) == ("sent", "")


def test_a_cancelled_order_waits_for_no_erp(shop, li, work, due):
    put_system(actor=shop.system, code="k3", name="金蝶", receives_orders=False, at=clock.now())
    order = shop.submitted(li)
    work()
    li.post(f"/orders/{order['id']}/cancel")
    due(Delivery)
    work()
    assert Delivery.objects.get(consumer="erp").status == "done"


def test_an_order_goes_to_one_system_though_another_takes_over(shop, li, erp, work, due):
    erp.answers = [503]
    order = shop.submitted(li)
    work()
    put_system(actor=shop.system, code="k3", name="金蝶", push_url=erp.url, on_premise=True, at=clock.now())
    new = put_system(actor=shop.system, code="u8", name="用友", receives_orders=True, at=clock.now())
    again = owe_order(actor=shop.system, order_id=order["id"], system=new)
    assert again is not None
    assert again.system_id == shop.erp.pk
    due(Outbox)
    work()
    assert list(erp.orders) == [order["number"]]


def test_a_system_of_files_is_not_pushed_to(shop, li, erp, work):
    repoint(shop, kind=ErpSystem.Kind.FILE)
    order = shop.submitted(li)
    work()
    assert (stored(order).status, erp.requests) == ("sent", [])


def test_what_waiqin_did_is_in_the_timeline(shop, li, erp, work):
    order = shop.submitted(li)
    work()
    shop.hear(order, fact("confirmed"))
    kinds = OrderEvent.objects.filter(order_id=order["id"], source="waiqin").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["submitted", "sent"]

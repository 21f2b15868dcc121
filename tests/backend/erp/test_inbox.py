"""Messages that cannot be applied, or not yet."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.services import create_customer
from backend.erp.inbox import PARKED_FOR
from backend.erp.models import InboxMessage
from backend.erp.services.systems import put_system
from backend.events.models import Event
from backend.inventory.models import Stock
from backend.orders.models import Order, OrderEvent
from tests.support.erp import event, tell
from tests.support.orders import stored
from tests.support.stock import make_goods


@pytest.fixture
def outside(api):
    return api(None)


def test_an_event_of_an_unknown_order_is_parked_and_applied_when_it_appears(shop, li, outside, work):
    tell(outside, shop.erp, {"events": [event(shop.coming_number, "confirmed")]})
    work()
    parked = InboxMessage.objects.get()
    assert (parked.status, parked.waiting_for) == ("pending", [shop.coming_number])
    assert shop.coming_number in parked.error
    order = shop.submitted(li)
    assert order["number"] == shop.coming_number
    work()
    parked.refresh_from_db()
    assert (parked.status, parked.waiting_for, parked.error) == ("done", [], "")
    assert stored(order).label == "confirmed"
    assert Event.objects.filter(name="order.confirmed").count() == 1


def test_an_unknown_order_holds_up_no_other(shop, li, outside, work):
    order = shop.submitted(li)
    events = [event("SO-NOBODY", "confirmed"), event(order["number"], "confirmed")]
    tell(outside, shop.erp, {"events": events})
    work()
    assert stored(order).label == "confirmed"
    assert InboxMessage.objects.get().waiting_for == ["SO-NOBODY"]


def test_a_draft_is_unknown_to_every_erp(shop, li, outside, work):
    draft = shop.draft(li)
    tell(outside, shop.erp, {"events": [event(str(draft["id"])[:30], "cancelled")]})
    work()
    assert stored(draft).status == "draft"


def test_a_person_must_look_at_last(shop, outside, work, due):
    tell(outside, shop.erp, {"events": [event("SO-NOBODY", "confirmed")]})
    work()
    InboxMessage.objects.update(received_at=clock.now() - PARKED_FOR - timedelta(minutes=1))
    due(InboxMessage)
    work()
    assert InboxMessage.objects.get().status == "dead"


def test_what_an_erp_dates_into_the_future_is_left_out_and_named(shop, li, outside, work):
    order = shop.submitted(li)
    events = [event(order["number"], "confirmed"), event(order["number"], "shipped", minutes_ago=-480)]
    tell(outside, shop.erp, {"events": events})
    work()
    assert stored(order).label == "confirmed"
    failed = InboxMessage.objects.get()
    assert failed.status == "dead"
    assert f"{order['number']} / shipped" in failed.error


def test_figures_of_unknown_goods_are_left_out_and_named(shop, outside, work):
    as_of = clock.now().isoformat()
    known = {"product_code": "P-1", "warehouse_code": "SH", "on_hand": "-3.5", "reserved": "2", "as_of": as_of}
    levels = [known, known | {"product_code": "X-9"}, known | {"warehouse_code": "NOWHERE"}]
    tell(outside, shop.erp, {"stock": levels})
    work()
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved) == (-3.5, 2)
    error = InboxMessage.objects.get().error
    assert "X-9 / SH" in error
    assert "P-1 / NOWHERE" in error


def test_a_renewed_alert_is_one_alert(shop, li, outside, work):
    """ERPs delete and create their shortage issues with each planning run."""
    order = shop.submitted(li)
    work()

    def alert(id: str, minutes_ago: float, **data) -> None:
        about = {"code": "shortage", "product_code": "P-1", "planned_on": "2026-12-01", "text": f"缺货 {id}"}
        message = {"events": [event(order["number"], "alert", id, minutes_ago=minutes_ago, data=about | data)]}
        assert tell(outside, shop.erp, message, id=id).status_code == 202
        work()

    alert("A1", 30)
    alert("A2", 20)
    assert Event.objects.filter(name="order.alert").count() == 1
    assert stored(order).blocked_by == ["stock"]
    alert("A3", 10, resolved=True)
    assert stored(order).blocked_by == []
    assert Event.objects.filter(name="order.alert_resolved").count() == 1
    alert("A4", 5)
    assert stored(order).blocked_by == ["stock"]
    assert [row.data["text"] for row in Event.objects.filter(name="order.alert").order_by("id")] == [
        "缺货 A1",
        "缺货 A4",
    ]


def test_two_companies_with_the_same_number(shop, api, cast, outside, work):
    """Each ERP moves the order of its own company only."""
    ours = shop.submitted(api(cast.li))
    acme = Actor.system(cast.acme.pk)
    theirs_erp = put_system(actor=acme, code="k3", name="甲公司的金蝶", receives_orders=True, at=clock.now())
    goods = make_goods(cast.acme)
    customer, _ = create_customer(actor=cast.actor(cast.sun), code="C1", name="甲公司的客户", at=clock.now())
    sun = api(cast.sun)
    lines = [{"product_id": str(goods.tea.pk), "quantity": "1"}]
    theirs = sun.post("/orders", {"customer_id": str(customer.pk), "lines": lines}).json()
    theirs = sun.post(f"/orders/{theirs['id']}/submit").json()
    assert theirs["number"] == ours["number"]
    work()
    tell(outside, theirs_erp, {"events": [event(ours["number"], "cancelled")]})
    work()
    assert (stored(ours).status, stored(theirs).status) == ("sent", "cancelled")
    assert not OrderEvent.objects.filter(order_id=ours["id"], kind="cancelled").exists()
    assert {order.number for order in Order.objects.all()} == {ours["number"]}

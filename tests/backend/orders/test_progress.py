"""What an ERP says, taken into the database."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.events.models import Event
from backend.orders.models import OrderEvent
from backend.orders.rules import Fact
from backend.orders.services import apply_progress
from tests.support.orders import fact, make_shop, stored


@pytest.fixture
def shop(cast):
    return make_shop(cast)


@pytest.fixture
def order(api, cast, shop, work):
    order = shop.submitted(api(cast.li), "12")
    work()
    return order


STANDING = ("status", "label", "approval", "production", "shipping", "payment", "blocked_by", "reason", "as_of")


def a_life() -> list[Fact]:
    """With a correction, something taken back and an order held on the way."""
    invoiced = fact("invoiced", "I1", minutes_ago=4, amount="40")
    return [
        fact("in_review", "R1", minutes_ago=9),
        fact("held", "H1", minutes_ago=8, hold="credit"),
        fact("released", "H2", minutes_ago=7, hold="credit"),
        fact("confirmed", "C1", minutes_ago=6, promised_on="2026-12-01"),
        fact("shipped", "S1", minutes_ago=5, lines=[{"product_code": "P-1", "quantity": "12"}], carrier="顺丰"),
        invoiced,
        Fact("k3", "I1", "invoiced", invoiced.occurred_at, invoiced.as_of + timedelta(minutes=1), {"amount": "48"}),
        fact("paid", "P1", minutes_ago=3, amount="48"),
        fact("voided", "V1", minutes_ago=2, voids="P1"),
        fact("alert", "A1", minutes_ago=1, code="late", text="车坏了"),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_arrival_in_any_order_and_number_comes_to_the_same(shop, order, seed):
    facts, chance = a_life(), random.Random(seed)
    for one in chance.sample(facts, k=len(facts)) + chance.choices(facts, k=5):
        shop.hear(order, one)
    standing = {name: getattr(stored(order), name) for name in STANDING}
    assert standing == {
        "status": "accepted",
        "label": "invoiced",
        "approval": "confirmed",
        "production": "none",
        "shipping": "shipped",
        "payment": "invoiced",
        "blocked_by": [],
        "reason": "",
        "as_of": max(one.as_of for one in facts),
    }
    kept = OrderEvent.objects.filter(order_id=order["id"], source="k3")
    assert kept.count() == 9
    assert kept.get(external_id="I1").data == {"amount": "48"}
    for name in ("in_review", "confirmed", "shipped", "invoiced", "paid", "voided", "alert"):
        assert Event.objects.filter(name=f"order.{name}").count() == 1, name


def test_a_new_fact_is_told_with_what_the_reader_wants_to_know(shop, order):
    shop.hear(order, fact("shipped", carrier="顺丰", tracking_number="SF1"), fact("paid", amount="48"))
    shipped, paid = (Event.objects.get(name=f"order.{kind}").data for kind in ("shipped", "paid"))
    named = {"number": order["number"], "customer": "联华超市", "source": "k3"}
    assert shipped == named | {"external_id": "shipped", "carrier": "顺丰", "tracking_number": "SF1"}
    assert paid == named | {"external_id": "paid", "amount": "48.00 CNY"}


def test_a_repetition_is_told_to_nobody_and_moves_nothing(shop, order):
    confirmed = fact("confirmed")
    assert (shop.hear(order, confirmed).new, stored(order).label) == (1, "confirmed")
    version = stored(order).version
    done = shop.hear(order, confirmed, confirmed)
    assert (done.new, done.corrected, done.unchanged) == (0, 0, 2)
    assert stored(order).version == version


def test_an_older_statement_comes_too_late(shop, order):
    now = clock.now()
    shop.hear(order, fact("invoiced", "I1", as_of=now, amount="48"))
    done = shop.hear(order, fact("invoiced", "I1", as_of=now - timedelta(hours=1), amount="1"))
    assert (done.corrected, done.unchanged) == (0, 1)
    assert OrderEvent.objects.get(external_id="I1").data == {"amount": "48"}


def test_a_correction_is_audited_and_told_to_nobody(shop, order):
    now = clock.now()
    first = fact("paid", "P1", as_of=now - timedelta(hours=1), amount="20")
    shop.hear(order, first)
    shop.hear(order, Fact("k3", "P1", "paid", first.occurred_at, now, {"amount": "48"}))
    assert Event.objects.filter(name="order.paid").count() == 1
    audit = Event.objects.get(name="order.corrected").data
    assert (audit["before"]["data"], audit["after"]["data"]) == ({"amount": "20"}, {"amount": "48"})
    assert stored(order).payment == "paid"


def test_confirmed_anew_only_freshens_as_of(shop, order):
    now = clock.now()
    first = fact("confirmed", as_of=now - timedelta(hours=1))
    shop.hear(order, first)
    shop.hear(order, Fact("k3", "confirmed", "confirmed", first.occurred_at, now, {}))
    assert stored(order).as_of == now
    assert not Event.objects.filter(name="order.corrected").exists()


def test_the_erp_may_go_back(shop, order):
    shop.hear(order, fact("confirmed", minutes_ago=9))
    shop.hear(order, fact("in_review", minutes_ago=8))
    assert (stored(order).status, stored(order).blocked_by) == ("sent", ["approval"])
    shop.hear(order, fact("rejected", minutes_ago=7, reason="停产"))
    assert (stored(order).status, stored(order).reason) == ("rejected", "停产")
    shop.hear(order, fact("confirmed", "C2", minutes_ago=6))
    assert (stored(order).status, stored(order).reason) == ("accepted", "")


def test_a_system_of_another_company_finds_no_such_order(cast, order):
    with pytest.raises(NotFound):
        apply_progress(actor=Actor.system(cast.acme.pk), order_id=order["id"], facts=[fact("paid")], at=clock.now())
    assert stored(order).payment == "none"


def test_no_erp_knows_a_draft(shop, api, cast):
    draft = shop.draft(api(cast.li))
    with pytest.raises(NotFound):
        shop.hear(draft, fact("confirmed"))


def test_a_rep_may_not_play_the_erp(cast, order):
    with pytest.raises(Forbidden):
        apply_progress(actor=cast.actor(cast.li), order_id=order["id"], facts=[fact("paid")], at=clock.now())


def test_amounts_of_a_life_add_up(shop, order):
    shop.hear(order, fact("paid", "P1", amount="20"), fact("paid", "P2", amount="28.00"))
    assert stored(order).total == Decimal("48.00")
    assert stored(order).payment == "paid"

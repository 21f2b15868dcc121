from datetime import timedelta

import orjson
import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.erp.models import InboxMessage
from backend.erp.services.systems import pause_system, put_system, rotate_secret
from backend.events.models import Event
from backend.inventory.models import Stock
from backend.orders.models import OrderEvent
from mobile_api.schemas.webhooks import ReceivedOut
from tests.support.erp import event, post, signed, tell
from tests.support.orders import make_shop, stored


@pytest.fixture
def shop(cast):
    return make_shop(cast)


@pytest.fixture
def erp(api):
    """The ERP has no token; its signature is all it has."""
    return api(None)


@pytest.fixture
def order(api, cast, shop, work):
    order = shop.submitted(api(cast.li))
    work()
    return order


def told(order) -> list[str]:
    rows = OrderEvent.objects.filter(order_id=order["id"]).exclude(source="waiqin")
    return sorted(rows.values_list("kind", flat=True))


def problem(reply) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


class TestAccepting:
    def test_is_stored_acknowledged_and_then_applied(self, erp, shop, order, work):
        message = {"events": [event(order["number"], "confirmed"), event(order["number"], "shipped")]}
        reply = tell(erp, shop.erp, message, id="m-1")
        assert reply.status_code == 202
        assert ReceivedOut.model_validate(reply.json()).status == "received"
        assert told(order) == []
        work()
        assert told(order) == ["confirmed", "shipped"]
        assert stored(order).label == "shipped"
        inbox = InboxMessage.objects.get()
        assert (inbox.status, inbox.error) == ("done", "")

    def test_the_same_message_again_has_no_second_effect(self, erp, shop, order, work):
        message = {"events": [event(order["number"], "shipped")]}
        assert tell(erp, shop.erp, message).status_code == 202
        work()
        again = tell(erp, shop.erp, message)
        assert (again.status_code, again.json()["status"]) == (200, "repeated")
        assert work() == 0
        assert Event.objects.filter(name="order.shipped").count() == 1

    def test_the_same_event_in_another_message_has_no_second_effect(self, erp, shop, order, work):
        shipped = event(order["number"], "shipped", data={"carrier": "顺丰"})
        for n in range(3):
            tell(erp, shop.erp, {"events": [shipped]}, id=f"m{n}")
        work()
        assert told(order) == ["shipped"]
        recorded = Event.objects.get(name="order.shipped").data
        assert (recorded["number"], recorded["customer"]) == (order["number"], "联华超市")
        assert (recorded["carrier"], recorded["tracking_number"]) == ("顺丰", "")

    def test_an_id_stands_for_one_body(self, erp, shop, order, work):
        tell(erp, shop.erp, {"events": [event(order["number"], "confirmed")]})
        reply = tell(erp, shop.erp, {"events": [event(order["number"], "shipped")]})
        assert problem(reply) == (409, "id_reused")
        work()
        assert told(order) == ["confirmed"]

    def test_stock_figures_come_along(self, erp, shop, work):
        level = {"product_code": "P-1", "warehouse_code": "SH", "on_hand": "120", "as_of": clock.now().isoformat()}
        assert tell(erp, shop.erp, {"stock": [level]}).status_code == 202
        work()
        assert Stock.objects.get().on_hand == 120

    def test_a_paused_system_may_still_speak(self, erp, shop, order, work):
        pause_system(actor=shop.system, system_id=shop.erp.pk, reason="维护", at=clock.now())
        assert tell(erp, shop.erp, {"events": [event(order["number"], "confirmed")]}).status_code == 202
        work()
        assert told(order) == ["confirmed"]


class TestRefusing:
    @pytest.fixture
    def message(self, order):
        return {"events": [event(order["number"], "shipped")]}

    def refused(self, reply) -> None:
        assert problem(reply) == (401, "invalid_signature")
        assert not InboxMessage.objects.exists()

    def test_a_changed_body(self, erp, shop, message):
        body = orjson.dumps(message)
        self.refused(tell(erp, shop.erp, message, sent=body.replace(b"shipped", b"invoiced")))

    def test_a_foreign_secret(self, erp, shop, message):
        other = put_system(actor=shop.system, code="u8", name="用友", at=clock.now())
        self.refused(tell(erp, shop.erp, message, secret=other.live_secrets[0]))

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_a_message_out_of_time(self, erp, shop, message, minutes):
        self.refused(tell(erp, shop.erp, message, at=clock.now() + timedelta(minutes=minutes)))

    @pytest.mark.parametrize("lost", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_a_missing_header(self, erp, shop, message, lost):
        body = orjson.dumps(message).decode()
        headers = signed(shop.erp.live_secrets[0], "m1", body)
        del headers[lost]
        self.refused(post(erp, shop.erp.pk, body, headers))

    @pytest.mark.parametrize("mess", ["", "v1", "v1,", "v1,*", "v1,é", "v2,AAAA", "v1,AAAA v1,AAAA", "a,b,c"])
    def test_a_garbled_signature(self, erp, shop, message, mess):
        body = orjson.dumps(message).decode()
        headers = signed(shop.erp.live_secrets[0], "m1", body) | {"webhook-signature": mess}
        self.refused(post(erp, shop.erp.pk, body, headers))

    @pytest.mark.parametrize("time", ["", "soon", "nan", "1e400", "-1"])
    def test_a_garbled_time(self, erp, shop, message, time):
        body = orjson.dumps(message).decode()
        headers = signed(shop.erp.live_secrets[0], "m1", body) | {"webhook-timestamp": time}
        self.refused(post(erp, shop.erp.pk, body, headers))

    def test_a_body_that_is_no_text(self, erp, shop, order):
        self.refused(post(erp, shop.erp.pk, b"\xff\xfe", signed(shop.erp.live_secrets[0], "m1", "x")))

    @pytest.mark.parametrize("address", ["018f0000-0000-7000-8000-000000000000", "k3", "x" * 300])
    def test_an_unknown_system_looks_the_same(self, erp, shop, message, address):
        body = orjson.dumps(message).decode()
        self.refused(post(erp, address, body, signed(shop.erp.live_secrets[0], "m1", body)))

    def test_a_token_instead_of_a_signature(self, api, cast, shop, message):
        assert problem(api(cast.qian).post(f"/webhooks/erp/{shop.erp.pk}", message)) == (401, "invalid_signature")

    def test_a_huge_body(self, erp, shop, order):
        reply = tell(erp, shop.erp, {"events": [event(order["number"], "alert", data={"text": "长" * 100_000})]})
        assert problem(reply) == (413, "too_large")
        assert not InboxMessage.objects.exists()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": "exploded"},
            {"kind": "submitted"},
            {"occurred_at": "2026-11-22T10:00:00"},
            {"occurred_at": 1},
            {"data": {"amount": 12.5}},
            {"data": {"amount": "1.005"}},
            {"data": {"lines": [{"product_code": "P-1", "quantity": "0"}]}},
            {"data": {"colour": "red"}},
            {"kind": "voided"},
            {"kind": "alert"},
            {"id": ""},
            {"order_number": None},
        ],
    )
    def test_what_is_not_in_the_contract_is_named(self, erp, shop, order, wrong):
        reply = tell(erp, shop.erp, {"events": [event(order["number"], "shipped") | wrong]})
        assert problem(reply) == (422, "invalid")
        assert reply.json()["errors"][0]["field"].startswith("events.0")
        assert not InboxMessage.objects.exists()

    def test_what_is_not_json(self, erp, shop, order):
        reply = post(erp, shop.erp.pk, "{", signed(shop.erp.live_secrets[0], "m1", "{"))
        assert problem(reply) == (400, "bad_request")

    def test_an_endless_message_id(self, erp, shop, order):
        reply = tell(erp, shop.erp, {"events": []}, id="x" * 129)
        assert problem(reply) == (422, "invalid")


class TestSecrets:
    def test_the_newest_two_hold(self, erp, shop, order):
        oldest = shop.erp.live_secrets[0]
        newer, newest = (rotate_secret(actor=shop.system, system_id=shop.erp.pk, at=clock.now()) for _ in range(2))
        message = {"events": []}
        assert tell(erp, shop.erp, message, id="a", secret=newest).status_code == 202
        assert tell(erp, shop.erp, message, id="b", secret=newer).status_code == 202
        assert tell(erp, shop.erp, message, id="c", secret=oldest).status_code == 401

    def test_are_not_readable_in_the_database(self, shop):
        assert shop.erp.live_secrets[0] not in shop.erp.secret_encrypted
        assert shop.erp.live_secrets[0].startswith("whsec_")


def test_another_company_has_its_own_order_of_that_number(api, cast, erp, shop, order, work):
    """甲公司's ERP speaks of its own SO…-0001, and nobody else's moves."""
    acme = put_system(actor=Actor.system(cast.acme.pk), code="k3", name="甲公司的金蝶", at=clock.now())
    assert tell(erp, acme, {"events": [event(order["number"], "cancelled")]}).status_code == 202
    work()
    assert told(order) == []
    assert stored(order).status == "sent"
    assert InboxMessage.objects.get().waiting_for == [order["number"]]

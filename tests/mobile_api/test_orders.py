from decimal import Decimal
from uuid import uuid4

import pytest

from backend.core.actor import Actor
from backend.events.models import Event
from backend.orders.models import Line, Order
from mobile_api.schemas.orders import OrderOut, OrdersOut, PriceOut, TimelineOut
from tests.support.client import BASE, Caller
from tests.support.contract import reads_as
from tests.support.orders import fact, make_shop, stored
from tests.support.stock import make_product
from tests.support.visits import new_visit

STRANGERS = ["zhao", "sun"]


@pytest.fixture
def shop(cast):
    return make_shop(cast)


@pytest.fixture
def li(api, cast):
    return api(cast.li)


def status_if_known(caller: Caller, path: str, etag: str) -> int:
    return caller.client.get(BASE + path, headers=caller.headers | {"If-None-Match": etag}).status_code


def problem(reply) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


class TestPrice:
    def test_a_basket_costs_what_the_price_list_says_and_nothing_is_stored(self, li, shop):
        reply = li.post("/orders/price", shop.basket("12"))
        reads_as(PriceOut, reply)
        (line,) = reply.json()["lines"]
        assert (line["unit_price"], line["amount"], line["tax_rate"]) == ("4.00", "48.00", "0.1300")
        assert reply.json()["total"] == {"amount": "48.00", "currency": "CNY"}
        assert not Order.objects.exists()

    def test_the_price_depends_on_the_quantity(self, li, shop):
        assert li.post("/orders/price", shop.basket("9.5")).json()["total"]["amount"] == "42.75"

    def test_strangers_learn_no_price(self, api, cast, shop):
        for who in STRANGERS:
            assert problem(api(cast.everybody[who]).post("/orders/price", shop.basket())) == (404, "not_found")

    def test_it_takes_the_right_to_enter_orders(self, api, cast, shop):
        assert problem(api(cast.wang).post("/orders/price", shop.basket())) == (403, "forbidden")


class TestCreate:
    def test_a_draft_is_priced_by_the_server(self, li, shop):
        reply = li.post("/orders", {"id": str(uuid4())} | shop.basket("12", note="先送一半", requested_on="2026-12-24"))
        assert reply.status_code == 201
        reads_as(OrderOut, reply)
        order = reply.json()
        assert (order["status"], order["label"], order["number"]) == ("draft", "draft", None)
        assert (order["total"]["amount"], order["note"], order["requested_on"]) == ("48.00", "先送一半", "2026-12-24")
        (line,) = order["lines"]
        assert (line["position"], line["product_name"], line["quantity"]) == (1, "乌龙茶", "12.0000")

    def test_twice_equals_once(self, li, shop):
        body = {"id": str(uuid4())} | shop.basket()
        body["lines"][0]["id"] = str(uuid4())
        first, again = li.post("/orders", body), li.post("/orders", body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert (Order.objects.count(), Line.objects.count()) == (1, 1)
        assert Event.objects.filter(name="order.created").count() == 1

    def test_an_id_stands_for_one_content(self, li, shop):
        order = shop.draft(li, "12")
        assert problem(li.post("/orders", {"id": order["id"]} | shop.basket("13"))) == (409, "id_reused")
        assert stored(order).total == Decimal("48.00")

    def test_a_line_id_stands_for_one_line(self, li, shop):
        taken = shop.draft(li)["lines"][0]["id"]
        body = shop.basket()
        body["lines"][0]["id"] = taken
        assert problem(li.post("/orders", body)) == (409, "id_reused")
        assert Order.objects.count() == 1

    def test_a_price_in_the_body_is_refused(self, li, shop):
        body = shop.basket()
        body["lines"][0]["unit_price"] = "0.01"
        assert problem(li.post("/orders", body)) == (422, "invalid")

    @pytest.mark.parametrize("lines", [[], None])
    def test_an_order_has_lines(self, li, shop, lines):
        assert problem(li.post("/orders", shop.basket() | {"lines": lines})) == (422, "invalid")

    def test_a_product_stands_on_one_line(self, li, shop):
        body = shop.basket()
        assert problem(li.post("/orders", body | {"lines": body["lines"] * 2})) == (422, "product_twice")

    def test_what_is_no_longer_sold_is_refused_by_name(self, li, shop):
        make_product(shop.system, "P-1", "乌龙茶", is_active=False)
        reply = li.post("/orders", shop.basket())
        assert problem(reply) == (409, "product_not_on_sale")
        assert reply.json()["product_codes"] == ["P-1"]

    def test_currencies_do_not_mix(self, li, shop):
        dollars = make_product(shop.system, "P-9", "Cola", currency="USD")
        body = shop.basket()
        body["lines"].append({"product_id": str(dollars.pk), "quantity": "1"})
        assert problem(li.post("/orders", body)) == (409, "mixed_currencies")

    def test_an_amount_fits_its_column(self, li, shop):
        gold = make_product(shop.system, "P-9", "黄金", list_price=Decimal("99999999"))
        body = {**shop.basket(), "lines": [{"product_id": str(gold.pk), "quantity": "9999999999"}]}
        assert problem(li.post("/orders", body)) == (422, "amount_too_large")

    @pytest.mark.parametrize("who", STRANGERS)
    def test_a_hidden_customer_is_not_found(self, api, cast, shop, who):
        assert problem(api(cast.everybody[who]).post("/orders", shop.basket())) == (404, "not_found")
        assert not Order.objects.exists()

    def test_a_product_of_another_company_is_not_found(self, li, shop):
        foreign = make_product(Actor.system(shop.cast.acme.pk), "X", "别家的茶")
        body = {**shop.basket(), "lines": [{"product_id": str(foreign.pk), "quantity": "1"}]}
        assert problem(li.post("/orders", body)) == (404, "not_found")

    def test_a_visit_belongs_to_the_customer(self, li, shop):
        visit = new_visit(li)
        reply = li.post("/orders", shop.basket(visit_id=visit["id"]))
        assert problem(reply) == (422, "visit_of_other_customer")
        body = shop.basket(visit_id=visit["id"]) | {"customer_id": visit["customer"]["id"]}
        assert li.post("/orders", body).json()["visit_id"] == visit["id"]

    def test_anothers_visit_is_not_found(self, api, cast, li, shop):
        visit = new_visit(api(cast.zhao))
        assert problem(li.post("/orders", shop.basket(visit_id=visit["id"]))) == (404, "not_found")

    def test_finance_enters_no_orders(self, api, cast, shop):
        assert problem(api(cast.wang).post("/orders", shop.basket())) == (403, "forbidden")


class TestChange:
    def test_lines_are_replaced_at_the_prices_of_now(self, li, shop):
        order = shop.draft(li, "12")
        lines = [
            {"product_id": str(shop.goods.juice.pk), "quantity": "2"},
            {"product_id": str(shop.goods.tea.pk), "quantity": "1"},
        ]
        reply = li.patch(f"/orders/{order['id']}", {"version": order["version"], "lines": lines, "note": "加急"})
        reads_as(OrderOut, reply)
        changed = reply.json()
        assert [line["product_name"] for line in changed["lines"]] == ["橙汁", "乌龙茶"]
        assert (changed["total"]["amount"], changed["note"]) == ("13.50", "加急")
        assert changed["version"] == order["version"] + 1
        event = Event.objects.get(name="order.changed")
        assert event.data["before"]["lines"] == ["P-1 ×12.0000 @4.00"]
        assert event.data["after"]["lines"] == ["P-2 ×2.0000 @4.50", "P-1 ×1.0000 @4.50"]

    def test_the_same_again_changes_nothing(self, li, shop):
        order = shop.draft(li, "12", note="加急")
        body = {"version": order["version"], "note": "加急", "lines": shop.basket("12")["lines"]}
        assert li.patch(f"/orders/{order['id']}", body).json()["version"] == order["version"]
        assert not Event.objects.filter(name="order.changed").exists()

    def test_a_stale_version_is_refused(self, li, shop):
        order = shop.draft(li)
        assert li.patch(f"/orders/{order['id']}", {"version": 1, "note": "一"}).status_code == 200
        reply = li.patch(f"/orders/{order['id']}", {"version": 1, "note": "二"})
        assert problem(reply) == (409, "version_conflict")
        assert stored(order).note == "一"

    def test_only_a_draft_changes(self, li, shop):
        order = shop.submitted(li)
        reply = li.patch(f"/orders/{order['id']}", {"version": order["version"], "note": "晚了"})
        assert problem(reply) == (409, "order_not_draft")

    def test_null_is_no_note(self, li, shop):
        order = shop.draft(li)
        assert problem(li.patch(f"/orders/{order['id']}", {"version": 1, "note": None})) == (422, "invalid")

    def test_the_manager_sees_it_and_leaves_it_alone(self, api, cast, li, shop):
        order = shop.draft(li)
        han = api(cast.han)
        assert han.get(f"/orders/{order['id']}").status_code == 200
        assert problem(han.patch(f"/orders/{order['id']}", {"version": 1, "note": "改"})) == (403, "not_your_order")
        assert problem(han.post(f"/orders/{order['id']}/submit")) == (403, "not_your_order")
        assert stored(order).status == "draft"


class TestSubmit:
    def test_numbers_the_order_and_queues_it(self, li, shop):
        order = shop.submitted(li)
        assert order["number"].startswith("SO")
        assert (order["status"], order["label"]) == ("queued", "queued")
        event = Event.objects.get(name="order.submitted")
        assert event.data == {"number": order["number"], "customer": "联华超市"}
        assert event.actor_id == shop.cast.li.pk

    def test_twice_equals_once(self, li, shop):
        order = shop.submitted(li)
        again = li.post(f"/orders/{order['id']}/submit")
        assert again.json() == order
        assert Event.objects.filter(name="order.submitted").count() == 1

    def test_prices_are_read_again(self, li, shop):
        order = shop.draft(li, "12")
        shop.reprice("4.20")
        submitted = li.post(f"/orders/{order['id']}/submit").json()
        assert submitted["total"]["amount"] == "50.40"
        data = Event.objects.get(name="order.submitted").data
        assert (data["before"], data["after"]) == (
            {"lines": ["P-1 ×12.0000 @4.00"]},
            {"lines": ["P-1 ×12.0000 @4.20"]},
        )

    def test_what_is_no_longer_sold_keeps_it_a_draft_without_a_number(self, li, shop):
        order = shop.draft(li)
        make_product(shop.system, "P-1", "乌龙茶", is_active=False)
        assert problem(li.post(f"/orders/{order['id']}/submit")) == (409, "product_not_on_sale")
        assert (stored(order).status, stored(order).number) == ("draft", None)
        assert not Event.objects.filter(name__in=["order.submitted", "order.queued"]).exists()

    def test_a_cancelled_draft_stays_cancelled(self, li, shop):
        order = shop.draft(li)
        li.post(f"/orders/{order['id']}/cancel")
        assert problem(li.post(f"/orders/{order['id']}/submit")) == (409, "order_not_draft")

    @pytest.mark.parametrize("who", STRANGERS)
    @pytest.mark.parametrize("verb", ["submit", "cancel", "follow", "unfollow"])
    def test_strangers_find_nothing(self, api, cast, li, shop, who, verb):
        order = shop.draft(li)
        assert problem(api(cast.everybody[who]).post(f"/orders/{order['id']}/{verb}")) == (404, "not_found")
        assert stored(order).status == "draft"
        assert not stored(order).followers.exists()


class TestCancel:
    @pytest.mark.parametrize("make", ["draft", "submitted"])
    def test_before_it_has_left_for_the_erp(self, li, shop, make):
        order = getattr(shop, make)(li)
        cancelled = li.post(f"/orders/{order['id']}/cancel").json()
        assert (cancelled["status"], cancelled["label"]) == ("cancelled", "cancelled")
        assert li.post(f"/orders/{order['id']}/cancel").json() == cancelled
        assert Event.objects.filter(name="order.cancelled").count() == 1

    def test_not_once_it_is_in_the_erp(self, li, shop, work):
        order = shop.submitted(li)
        work()
        assert problem(li.post(f"/orders/{order['id']}/cancel")) == (409, "order_already_sent")
        assert stored(order).status == "sent"


class TestFollow:
    def test_whoever_sees_it_may_follow_it(self, api, cast, li, shop):
        order, han = shop.draft(li), api(cast.han)
        assert han.post(f"/orders/{order['id']}/follow").json()["is_followed"] is True
        assert han.post(f"/orders/{order['id']}/follow").json()["is_followed"] is True
        assert stored(order).followers.get().employee_id == cast.han.pk
        assert li.get(f"/orders/{order['id']}").json()["is_followed"] is False
        assert [item["id"] for item in han.get("/orders", followed="true").json()["items"]] == [order["id"]]
        assert han.post(f"/orders/{order['id']}/unfollow").json()["is_followed"] is False
        assert han.post(f"/orders/{order['id']}/unfollow").status_code == 200
        assert han.get("/orders", followed="true").json()["items"] == []
        names = list(Event.objects.filter(name__contains="follow").order_by("id").values_list("name", flat=True))
        assert names == ["order.followed", "order.unfollowed"]


class TestRead:
    def test_a_detail_is_not_sent_twice(self, li, shop):
        order = shop.draft(li)
        first = li.get(f"/orders/{order['id']}")
        reads_as(OrderOut, first)
        assert status_if_known(li, f"/orders/{order['id']}", first["ETag"]) == 304
        li.post(f"/orders/{order['id']}/follow")
        assert status_if_known(li, f"/orders/{order['id']}", first["ETag"]) == 200

    @pytest.mark.parametrize("who", STRANGERS)
    @pytest.mark.parametrize("tail", ["", "/timeline"])
    def test_strangers_find_nothing(self, api, cast, li, shop, who, tail):
        order = shop.draft(li)
        stranger = api(cast.everybody[who])
        assert problem(stranger.get(f"/orders/{order['id']}{tail}")) == (404, "not_found")
        assert stranger.get("/orders").json()["items"] == []

    def test_lists_page_newest_first_and_filter(self, li, shop):
        drafts = [shop.draft(li) for _ in range(3)]
        sent = li.post(f"/orders/{drafts[0]['id']}/submit").json()
        first = li.get("/orders", limit=2)
        reads_as(OrdersOut, first)
        rest = li.get("/orders", limit=2, cursor=first.json()["next_cursor"]).json()
        found = [item["id"] for item in first.json()["items"] + rest["items"]]
        assert found == [order["id"] for order in reversed(drafts)]

        def ids(**query):
            return {item["id"] for item in li.get("/orders", **query).json()["items"]}

        assert ids(status="queued") == {sent["id"]}
        assert ids(q=sent["number"][:6].lower()) == {sent["id"]}
        assert ids(customer=str(shop.customer.pk)) == set(found)
        assert ids(customer=str(uuid4())) == set()

    @pytest.mark.parametrize("rows", [1, 50])
    def test_queries_do_not_grow_with_the_rows(self, li, shop, rows, django_assert_max_num_queries):
        order = shop.submitted(li)
        whose = {"company": shop.cast.company, "owner": shop.cast.li, "department": shop.cast.shanghai}
        Order.objects.bulk_create(
            Order(**whose, customer=shop.customer, currency="CNY", total=0) for _ in range(rows - 1)
        )
        shop.hear(order, *(fact("shipped", f"S{n}", partial=True) for n in range(rows)))
        with django_assert_max_num_queries(3):
            assert len(li.get("/orders", limit=100).json()["items"]) == rows
        with django_assert_max_num_queries(4):
            li.get(f"/orders/{order['id']}")
        with django_assert_max_num_queries(4):
            assert len(li.get(f"/orders/{order['id']}/timeline").json()["events"]) == rows + 1


class TestTimeline:
    def test_tells_of_all_sources_in_the_order_of_their_clocks(self, li, shop, work):
        order = shop.submitted(li, "12")
        work()
        shop.hear(order, fact("delivered", minutes_ago=-2, shipment="D1"))
        shop.hear(
            order,
            fact("shipped", minutes_ago=-1, shipment="D1", carrier="顺丰", tracking_number="SF123"),
            fact("confirmed", minutes_ago=-0.5, promised_on="2026-12-01"),
        )
        reply = li.get(f"/orders/{order['id']}/timeline")
        reads_as(TimelineOut, reply)
        told = reply.json()
        assert [(event["source"], event["kind"]) for event in told["events"]] == [
            ("waiqin", "submitted"),
            ("waiqin", "sent"),
            ("k3", "confirmed"),
            ("k3", "shipped"),
            ("k3", "delivered"),
        ]
        assert (told["label"], told["status"]) == ("delivered", "accepted")
        assert told["axes"] == {
            "approval": "confirmed",
            "production": "none",
            "shipment": "delivered",
            "money": "none",
        }
        assert told["promised_on"] == "2026-12-01"
        (shipment,) = told["shipments"]
        assert (shipment["carrier"], shipment["tracking_number"], shipment["whole"]) == ("顺丰", "SF123", True)
        assert told["lines"][0]["shipped"] == told["lines"][0]["ordered"] == "12.0000"
        assert told["as_of"] == told["events"][-1]["as_of"]

    def test_says_what_the_order_waits_for(self, li, shop, work):
        order = shop.submitted(li)
        work()
        shop.hear(order, fact("held", hold="credit"), fact("alert", code="shortage", text="缺货"))
        assert li.get(f"/orders/{order['id']}/timeline").json()["blocked_by"] == ["credit", "stock"]
        (item,) = li.get("/orders").json()["items"]
        assert item["blocked_by"] == ["credit", "stock"]

    def test_changes_its_etag_with_every_event(self, li, shop, work):
        order = shop.submitted(li)
        work()
        path = f"/orders/{order['id']}/timeline"
        etag = li.get(path)["ETag"]
        assert status_if_known(li, path, etag) == 304
        shop.hear(order, fact("alert", code="late"))
        assert status_if_known(li, path, etag) == 200

    def test_a_draft_has_one_too(self, li, shop):
        told = li.get(f"/orders/{shop.draft(li)['id']}/timeline").json()
        assert (told["events"], told["label"], told["as_of"]) == ([], "draft", None)


def test_numbers_run_on(li, shop):
    numbers = [shop.submitted(li)["number"] for _ in range(3)]
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3]
    assert all(number.startswith("SO") for number in numbers)

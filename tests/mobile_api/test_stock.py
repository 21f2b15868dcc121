from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.services import people, roles
from backend.inventory import services
from backend.inventory.models import Stock
from backend.inventory.services import StockRow
from mobile_api.schemas.stock import ProductDetailOut, ProductsOut, ProductStockOut, ProductStocksOut
from tests.support.stock import TEA_BARCODE, make_goods, make_product, make_warehouse


@pytest.fixture
def goods(cast):
    return make_goods(cast.company)


def codes(reply):
    assert reply.status_code == 200, reply.content
    return [item["code"] for item in reply.json()["items"]]


def refused(reply, status, code):
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.content
    return True


def test_one_scan_is_one_call(api, cast, goods):
    now = clock.now()
    today = now.date()
    goods.count(goods.tea, goods.shanghai, "100", "20.5", as_of=now - timedelta(minutes=1))
    goods.expect(goods.tea, goods.shanghai, "30", expected_on=today + timedelta(days=2))
    goods.expect(goods.tea, goods.shanghai, "40", reference="PO-2", expected_on=today + timedelta(days=9))
    place = {"warehouse_id": goods.shanghai.pk, "product_id": goods.tea.pk}
    services.put_safety(actor=goods.erp, **place, safety=Decimal(5), at=now)
    reply = api(cast.li).get("/products/lookup", barcode=TEA_BARCODE, on=str(today + timedelta(days=2)))
    assert reply.status_code == 200, reply.content
    stock = Stock.objects.get()
    assert reply.json() == {
        "product": {
            "id": str(goods.tea.pk),
            "code": "P-1",
            "name": "乌龙茶",
            "spec": "",
            "unit": "瓶",
            "category": "",
            "list_price": {"amount": "4.50", "currency": "CNY"},
            "cost_price": None,
            "tax_rate": "0.1300",
            "is_active": True,
        },
        "stock": [
            {
                "warehouse": {"id": str(goods.shanghai.pk), "code": "SH", "name": "上海仓"},
                "level": "plenty",
                "on_hand": "100",
                "reserved": "20.5",
                "safety": "5",
                "available": "74.5",
                "available_on": "104.5",
                "incoming": [
                    {"quantity": "30", "expected_on": str(today + timedelta(days=2)), "reference": "PO-1"},
                    {"quantity": "40", "expected_on": str(today + timedelta(days=9)), "reference": "PO-2"},
                ],
                "as_of": stock.as_of.isoformat(),
                "stale": False,
            }
        ],
    }


def test_what_is_oversold_shows_how_much_is_short_and_old_figures_say_so(api, cast, goods):
    goods.count(goods.tea, goods.shanghai, "10", "12", as_of=clock.now() - timedelta(minutes=16))
    (place,) = api(cast.li).get("/products/lookup", barcode=TEA_BARCODE).json()["stock"]
    assert (place["available"], place["available_on"], place["stale"]) == ("-2", None, True)


def test_a_product_never_stocked_has_no_stock(api, cast, goods):
    assert api(cast.li).get("/products/lookup", barcode=TEA_BARCODE).json()["stock"] == []


@pytest.mark.parametrize(
    "scanned", [f"0{TEA_BARCODE}", f"(01)0{TEA_BARCODE}(10)A", f"https://id.gs1.org/01/0{TEA_BARCODE}?17=271231"]
)
def test_whatever_carries_the_gtin_finds_the_product(api, cast, goods, scanned):
    assert api(cast.li).get("/products/lookup", barcode=scanned).json()["product"]["code"] == "P-1"


def test_an_unknown_barcode_and_a_misread_one_are_told_apart(api, cast, goods):
    for path in ("/products/lookup", "/stock"):
        assert refused(api(cast.li).get(path, barcode="6907992500133"), 404, "not_found")
        assert refused(api(cast.li).get(path, barcode="SHELF-7"), 404, "not_found")
        assert refused(api(cast.li).get(path, barcode="6901234567893"), 422, "bad_check_digit")


@pytest.mark.parametrize("query", [{}, {"barcode": ""}, {"barcode": "1" * 2049}, {"barcode": "x", "on": "tomorrow"}])
def test_a_lookup_that_makes_no_sense_is_refused(api, cast, goods, query):
    assert refused(api(cast.li).get("/products/lookup", **query), 422, "invalid")


def test_the_same_barcode_shows_each_company_its_own_product_and_stock(api, cast, goods):
    assert refused(api(cast.sun).get("/products/lookup", barcode=TEA_BARCODE), 404, "not_found")
    acme = Actor.system(cast.acme.pk)
    theirs = make_product(acme, "P-1", "Oolong", barcodes=[TEA_BARCODE])
    depot, now = make_warehouse(acme, "SH", "Depot"), clock.now()
    services.put_stock_rows(actor=acme, rows=[StockRow(theirs.pk, depot.pk, Decimal(3), Decimal(0), now)], at=now)
    goods.count(goods.tea, goods.shanghai, "100")
    for person, name, on_hand in ((cast.li, "乌龙茶", "100"), (cast.zhao, "乌龙茶", "100"), (cast.sun, "Oolong", "3")):
        for found in (
            api(person).get("/products/lookup", barcode=TEA_BARCODE).json(),
            *api(person).get("/stock", q="P-1").json()["items"],
        ):
            assert (found["product"]["name"], [row["on_hand"] for row in found["stock"]]) == (name, [on_hand])


def test_another_company_s_products_and_warehouses_do_not_exist(api, cast, goods):
    sun = api(cast.sun)
    assert refused(sun.get(f"/products/{goods.tea.pk}"), 404, "not_found")
    assert refused(sun.get("/stock", product=goods.tea.pk), 404, "not_found")
    assert codes(sun.get("/products")) == codes(sun.get("/products", q="乌龙")) == []
    assert sun.get("/stock", q="乌龙").json() == {"items": []}
    depot = make_warehouse(Actor.system(cast.acme.pk), "SH", "Depot")
    assert refused(api(cast.li).get("/stock", product=goods.tea.pk, warehouse=depot.pk), 404, "not_found")


def test_stock_is_for_those_who_may_see_it(api, cast, goods):
    goods.count(goods.tea, goods.shanghai, "100")
    clerk = roles.put_role(
        actor=goods.erp, code="clerk", name="文员", capabilities=["catalog.read"], scopes={}, at=clock.now()
    )
    zhao = cast.zhao
    people.put_employee(
        actor=goods.erp,
        number=zhao.number,
        name=zhao.name,
        department_id=zhao.department_id,
        manager_id=None,
        role_codes=[clerk.code],
        at=clock.now(),
    )
    caller = api(zhao)
    assert refused(caller.get("/products/lookup", barcode=TEA_BARCODE), 403, "forbidden")
    for query in ({"barcode": TEA_BARCODE}, {"q": "乌龙"}, {"product": goods.tea.pk}):
        assert refused(caller.get("/stock", **query), 403, "forbidden")
    assert codes(caller.get("/products", q="乌龙")) == ["P-1"]


@pytest.mark.parametrize("path", ["/products", "/products/lookup?barcode=1", "/stock?q=1"])
def test_nobody_looks_without_signing_in(api, goods, path):
    assert refused(api(None).get(path), 401, "unauthenticated")


def test_cost_shows_only_to_those_who_may_see_it(api, cast, goods):
    cost = {"amount": "2.10", "currency": "CNY"}
    for person, seen in ((cast.wang, cost), (cast.li, None), (cast.han, None)):
        caller = api(person)
        shown = [
            caller.get(f"/products/{goods.tea.pk}").json(),
            caller.get("/products", q="P-1").json()["items"][0],
            caller.get("/products").json()["items"][-1],
            caller.get("/products/lookup", barcode=TEA_BARCODE).json()["product"],
            caller.get("/stock", product=goods.tea.pk).json()["items"][0]["product"],
        ]
        assert [product["cost_price"] for product in shown] == [seen] * 5


def test_a_product_in_detail_lists_its_barcodes(api, cast, goods):
    reply = api(cast.li).get(f"/products/{goods.tea.pk}")
    assert reply.json()["barcodes"] == [TEA_BARCODE]
    assert refused(api(cast.li).get(f"/products/{uuid4()}"), 404, "not_found")


def test_a_phone_that_holds_the_answer_is_told_nothing_is_new(api, cast, goods):
    goods.count(goods.tea, goods.shanghai, "100")
    caller = api(cast.li)
    for path in (f"/products/{goods.tea.pk}", f"/products/lookup?barcode={TEA_BARCODE}", "/stock?q=P-1", "/products"):
        etag = caller.get(path).headers["ETag"]
        caller.headers["If-None-Match"] = etag
        again = caller.get(path)
        assert (again.status_code, again.content) == (304, b"")
    goods.count(goods.tea, goods.shanghai, "99")
    assert caller.get(f"/products/lookup?barcode={TEA_BARCODE}").status_code == 200


def test_products_come_newest_first_page_by_page(api, cast, goods):
    for n in range(5):
        make_product(goods.erp, f"N-{n}", "新品")
    caller = api(cast.li)
    seen, cursor = [], None
    while True:
        reply = caller.get("/products", limit=3, cursor=cursor)
        seen += codes(reply)
        if (cursor := reply.json()["next_cursor"]) is None:
            break
    assert seen == ["N-4", "N-3", "N-2", "N-1", "N-0", "P-2", "P-1"]
    assert refused(caller.get("/products", cursor="nonsense"), 422, "invalid_cursor")


def test_a_search_gives_the_best_first_on_one_page(api, cast, goods):
    make_product(goods.erp, "P-10", "橙汁大瓶")
    reply = api(cast.li).get("/products", q="p-1", limit=2)
    assert codes(reply) == ["P-1", "P-10"]
    assert reply.json()["next_cursor"] is None
    assert codes(api(cast.li).get("/products", q="chengzhi")) == ["P-2", "P-10"]


def test_stock_of_what_a_search_finds_in_its_order_and_in_one_warehouse(api, cast, goods):
    goods.count(goods.tea, goods.shanghai, "1")
    goods.count(goods.tea, goods.beijing, "2")
    goods.count(goods.juice, goods.shanghai, "3")
    make_product(goods.erp, "X-1", "P-1 的杯子")

    def figures(**query):
        items = api(cast.li).get("/stock", **query).json()["items"]
        return [(item["product"]["code"], [row["on_hand"] for row in item["stock"]]) for item in items]

    assert figures(q="p-1") == [("P-1", ["2", "1"]), ("X-1", [])]
    assert figures(q="p-1", limit=1) == [("P-1", ["2", "1"])]
    assert figures(q="P-", warehouse=goods.beijing.pk) == [("P-2", []), ("X-1", []), ("P-1", ["2"])]
    assert figures(product=goods.tea.pk, warehouse=goods.shanghai.pk) == [("P-1", ["1"])]
    assert figures(barcode=TEA_BARCODE) == [("P-1", ["2", "1"])]
    assert figures(q="没有") == []


@pytest.mark.parametrize(
    "query",
    [
        {"q": "a", "limit": 51},
        {"q": "a", "limit": 0},
        {"q": ""},
        {"q": "a", "warehouse": "x"},
        {"product": "x"},
        {"q": "a", "on": "2026-02-30"},
    ],
)
def test_a_stock_question_that_makes_no_sense_is_refused(api, cast, goods, query):
    assert refused(api(cast.li).get("/stock", **query), 422, "invalid")


@pytest.mark.parametrize("query", [{}, {"q": "a", "barcode": "b"}, {"on": "2026-12-01"}])
def test_a_stock_question_names_products_in_one_way(api, cast, goods, query):
    assert refused(api(cast.li).get("/stock", **query), 422, "ask_one_way")


@pytest.mark.parametrize("many", [1, 50])
def test_fifty_products_cost_as_many_queries_as_one(api, cast, goods, django_assert_num_queries, many):
    now = clock.now()
    products = [make_product(goods.erp, f"M-{n}", f"商品{n}", barcodes=[f"M{n}"]) for n in range(many)]
    rows = [
        StockRow(product.pk, place.pk, Decimal(1), Decimal(0), now)
        for product in products
        for place in (goods.shanghai, goods.beijing)
    ]
    services.put_stock_rows(actor=goods.erp, rows=rows, at=now)
    caller = api(cast.li)
    caller.get("/me")  # from here on the token is known; one query looks for revocations
    for path, queries in (
        ("/products?limit=100", 2),
        ("/products?q=商品&limit=100", 2),
        ("/stock?q=商品&limit=50", 3),
        ("/products/lookup?barcode=M0", 2),
        (f"/products/{products[0].pk}", 3),
    ):
        with django_assert_num_queries(queries):
            assert caller.get(path).status_code == 200


def test_answers_are_what_the_contract_says(api, cast, goods):
    """These replies skip ninja's own validation."""
    goods.count(goods.tea, goods.shanghai, "100")
    goods.expect(goods.tea, goods.shanghai, "30")
    goods.expect(goods.juice, goods.shanghai, "30")
    caller = api(cast.wang)
    for path, schema in (
        ("/products", ProductsOut),
        ("/products?q=P-", ProductsOut),
        (f"/products/{goods.tea.pk}", ProductDetailOut),
        (f"/products/lookup?barcode={TEA_BARCODE}", ProductStockOut),
        ("/stock?q=P-&on=2026-12-01", ProductStocksOut),
    ):
        answer = caller.get(path).json()
        read = schema.model_validate(answer).model_dump(mode="json")
        assert shape(read) == shape(answer)


def shape(value):
    """The names of all fields, level by level."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None

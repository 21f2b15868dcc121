import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from backend.catalog.models import Product
from backend.catalog.search import FIND
from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.events.models import Event
from backend.inventory import selectors, services
from backend.inventory.models import Incoming, Stock, Warehouse
from backend.inventory.rules import IncomingGoods
from backend.inventory.selectors import ProductStock, WarehouseStock
from backend.inventory.services import StockRow
from tests.support.stock import TEA_BARCODE, make_goods, make_product, make_warehouse


@pytest.fixture
def goods(cast):
    return make_goods(cast.company)


def received():
    return list(Event.objects.filter(name="stock.received").order_by("id").values_list("data", flat=True))


def test_newer_figures_replace_older_ones_and_never_the_other_way(goods):
    now = clock.now()
    goods.count(goods.tea, goods.shanghai, "100", "20", as_of=now - timedelta(minutes=2))
    newer = goods.count(goods.tea, goods.shanghai, "90", "25", as_of=now)
    late = goods.count(goods.tea, goods.shanghai, "500", as_of=now - timedelta(minutes=1))
    for stock in (newer, late):
        assert (stock.on_hand, stock.reserved, stock.as_of) == (90, 25, now)
    assert received() == [{"rows": 1}, {"rows": 1}]


def test_the_same_feed_twice_changes_nothing_and_a_correction_does(goods):
    now = clock.now()
    for on_hand in ("100", "100"):
        goods.count(goods.tea, goods.shanghai, on_hand, as_of=now)
    assert len(received()) == 1
    assert goods.count(goods.tea, goods.shanghai, "99", as_of=now).on_hand == 99


def test_a_feed_of_many_rows_is_one_statement_and_one_event_a_warehouse(goods, django_assert_num_queries):
    now = clock.now()
    products = [make_product(goods.erp, f"M-{n}", f"商品{n}") for n in range(50)]
    rows = [
        StockRow(product.pk, warehouse.pk, Decimal(n), Decimal(0), now)
        for n, product in enumerate(products)
        for warehouse in (goods.shanghai, goods.beijing)
    ]
    for feed, changed, queries in ((rows[:2], 2, 7), (rows, 98, 7), (rows, 0, 4)):
        with django_assert_num_queries(queries):
            assert services.put_stock_rows(actor=goods.erp, rows=feed, at=now) == changed
    assert Stock.objects.count() == 100
    assert [data["rows"] for data in received()] == [1, 1, 49, 49]


def test_of_two_rows_for_one_place_in_a_feed_the_newer_counts(goods):
    now = clock.now()
    place = (goods.tea.pk, goods.shanghai.pk)
    rows = [
        StockRow(*place, Decimal(1), Decimal(0), now - timedelta(seconds=1)),
        StockRow(*place, Decimal(2), Decimal(0), now),
        StockRow(*place, Decimal(3), Decimal(0), now - timedelta(seconds=2)),
    ]
    assert services.put_stock_rows(actor=goods.erp, rows=rows, at=now) == 1
    assert Stock.objects.get().on_hand == 2


def test_an_empty_feed_is_no_feed(goods):
    assert services.put_stock_rows(actor=goods.erp, rows=[], at=clock.now()) == 0
    assert received() == []


def test_a_feed_with_one_foreign_row_is_refused_whole(goods, cast):
    acme = Actor.system(cast.acme.pk)
    theirs, their_place = make_product(acme, "P-1", "Oolong"), make_warehouse(acme, "SH", "Depot")
    now = clock.now()
    good = StockRow(goods.tea.pk, goods.shanghai.pk, Decimal(1), Decimal(0), now)
    for product, warehouse in ((theirs, goods.shanghai), (goods.tea, their_place), (theirs, their_place)):
        bad = StockRow(product.pk, warehouse.pk, Decimal(1), Decimal(0), now)
        with pytest.raises(NotFound):
            services.put_stock_rows(actor=goods.erp, rows=[good, bad], at=now)
    assert not Stock.objects.exists()


def test_figures_from_the_future_are_refused(goods):
    now = clock.now()
    with pytest.raises(services.AsOfInFuture):
        goods.count(goods.tea, goods.shanghai, "1", as_of=now + timedelta(hours=1))
    assert goods.count(goods.tea, goods.shanghai, "1", as_of=now + timedelta(minutes=4)).on_hand == 1


def test_only_the_erp_and_its_operators_write_figures(goods, cast):
    rep, now = cast.actor(cast.li), clock.now()
    place = {"warehouse_id": goods.shanghai.pk, "product_id": goods.tea.pk}
    with pytest.raises(Forbidden):
        services.put_stock(actor=rep, **place, on_hand=Decimal(1), reserved=Decimal(0), as_of=now, at=now)
    with pytest.raises(Forbidden):
        services.put_safety(actor=rep, **place, safety=Decimal(1), at=now)
    with pytest.raises(Forbidden):
        services.put_incoming(actor=rep, **place, quantity=Decimal(1), expected_on=now.date(), reference="PO-1", at=now)
    with pytest.raises(Forbidden):
        services.put_warehouse(actor=rep, code="X", name="X", at=now)
    assert not Stock.objects.exists()
    assert Warehouse.objects.count() == 2


def test_safety_stock_is_the_company_s_and_no_feed_touches_it(goods):
    place = {"warehouse_id": goods.shanghai.pk, "product_id": goods.tea.pk}
    for _ in range(2):
        services.put_safety(actor=goods.erp, **place, safety=Decimal(5), at=clock.now())
    assert Stock.objects.get().as_of is None
    assert goods.count(goods.tea, goods.shanghai, "100", "20").safety == 5
    assert Event.objects.filter(name="stock.safety_set").count() == 1
    found = selectors.stock_by_barcode(actor=goods.erp, barcode=TEA_BARCODE)
    assert found.warehouses[0].available == 75


def test_incoming_goods_are_expected_moved_and_received(goods):
    first = clock.now().date()
    later = first + timedelta(days=3)
    goods.expect(goods.tea, goods.shanghai, "30", expected_on=first)
    goods.expect(goods.tea, goods.shanghai, "30", expected_on=first)
    goods.expect(goods.tea, goods.shanghai, "25", expected_on=later)
    assert [(row.quantity, row.expected_on) for row in Incoming.objects.all()] == [(25, later)]
    assert goods.expect(goods.tea, goods.shanghai, "0") is None
    assert goods.expect(goods.tea, goods.shanghai, "0") is None
    assert not Incoming.objects.exists()
    changes = Event.objects.filter(name="stock.incoming_changed").order_by("id").values_list("data", flat=True)
    assert [(data["before"] is None, data["after"] is None) for data in changes] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_incoming_goods_that_make_no_sense_are_refused(goods, cast):
    acme = Actor.system(cast.acme.pk)
    with pytest.raises(Invalid):
        goods.expect(goods.tea, goods.shanghai, "-1")
    with pytest.raises(NotFound):
        goods.expect(make_product(acme, "P-1", "Oolong"), goods.shanghai, "1")
    with pytest.raises(NotFound):
        goods.expect(goods.tea, make_warehouse(acme, "SH", "Depot"), "1")
    assert not Stock.objects.exists()
    assert not Incoming.objects.exists()


def test_goods_on_the_way_show_before_any_figure_has_come(goods):
    goods.expect(goods.tea, goods.beijing, "30")
    (place,) = selectors.stock_by_barcode(actor=goods.erp, barcode=TEA_BARCODE).warehouses
    assert (place.warehouse_code, place.as_of, place.available) == ("BJ", None, 0)
    assert place.is_stale(clock.now())
    assert [line.quantity for line in place.incoming] == [30]


def test_a_warehouse_is_renamed_once(goods):
    for _ in range(2):
        again = services.put_warehouse(actor=goods.erp, code="SH", name="上海总仓", at=clock.now())
    assert (again.pk, again.name) == (goods.shanghai.pk, "上海总仓")
    assert Event.objects.filter(name="warehouse.changed").count() == 1


def plainly(product: Product, warehouse_id=None) -> ProductStock:
    """What the raw SQL answers, by the ORM."""
    stocks = Stock.objects.filter(product=product).select_related("warehouse").order_by("warehouse__code")
    if warehouse_id:
        stocks = stocks.filter(warehouse_id=warehouse_id)
    return ProductStock(
        product,
        [
            WarehouseStock(
                stock.warehouse_id,
                stock.warehouse.code,
                stock.warehouse.name,
                stock.on_hand,
                stock.reserved,
                stock.safety,
                stock.as_of,
                [
                    IncomingGoods(line.quantity, line.expected_on, line.reference)
                    for line in Incoming.objects.filter(product=product, warehouse=stock.warehouse).order_by(
                        "expected_on", "reference"
                    )
                ],
            )
            for stock in stocks
        ],
    )


def test_the_fast_query_equals_the_plain_one(goods, django_assert_num_queries):
    today = clock.now().date()
    goods.count(goods.tea, goods.shanghai, "100", "20.5")
    goods.count(goods.tea, goods.beijing, "-3")
    goods.count(goods.juice, goods.beijing, "7")
    goods.expect(goods.tea, goods.shanghai, "30", reference="PO-2", expected_on=today + timedelta(days=2))
    goods.expect(goods.tea, goods.shanghai, "10", reference="PO-1", expected_on=today + timedelta(days=2))
    goods.expect(goods.tea, goods.shanghai, "40", reference="PO-3", expected_on=today)
    bare = make_product(goods.erp, "P-3", "无库存")
    for product in (goods.tea, goods.juice, bare):
        for warehouse_id in (None, goods.shanghai.pk):
            with django_assert_num_queries(1):
                (fast,) = selectors.stock_of_products(
                    actor=goods.erp, product_ids=[product.pk], warehouse_id=warehouse_id
                )
            assert fast == plainly(product, warehouse_id)
            for name in Product.SHOWN:
                assert getattr(fast.product, name) == getattr(Product.objects.get(pk=product.pk), name)
    with django_assert_num_queries(1):
        by_barcode = selectors.stock_by_barcode(actor=goods.erp, barcode=TEA_BARCODE)
    assert by_barcode == plainly(goods.tea)
    asked = [bare.pk, goods.tea.pk, goods.juice.pk]
    assert [found.product.pk for found in selectors.stock_of_products(actor=goods.erp, product_ids=asked)] == asked


def test_both_hot_reads_enter_their_indexes_with_a_plan_made_for_any_value(goods):
    fill_tables(goods.erp)
    lookup = generic_plan(selectors.BY_BARCODE % {"company": "$1", "warehouse": "$2", "barcode": "$3"})
    assert re.search(r"Index Scan (using|on) barcode_once", lookup)
    assert re.search(r"Index Scan (using|on) stock_once", lookup)
    names = dict.fromkeys(re.findall(r"%\((\w+)\)s", FIND))
    search = generic_plan(FIND % {name: f"${n}" for n, name in enumerate(names, start=1)})
    for index in ("product_grams", "product_by_code_key", "product_by_pinyin", "product_by_initials"):
        assert re.search(rf"Index (Only )?Scan (using|on) {index}", search)
    assert "Seq Scan on catalog" not in lookup + search


def fill_tables(erp: Actor) -> None:
    """So many rows that reading whole tables is no bargain."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO catalog_product (id, company_id, code, name, spec, unit, category, list_price, currency,
                tax_rate, is_active, code_key, pinyin, initials, search_text, grams, created_at, updated_at)
            SELECT gen_random_uuid(), %s, 'M-' || n, 'x', '', '', '', 1, 'CNY', 0, true, 'm-' || n, 'p' || n, 'i',
                repeat('x', 500), ARRAY['g' || n, 'h' || n %% 50], now(), now() FROM generate_series(1, 3000) n
            """,
            [erp.company_id],
        )
        cursor.execute(
            "INSERT INTO catalog_barcode (company_id, product_id, code) "
            "SELECT company_id, id, code FROM catalog_product WHERE code LIKE 'M-%'"
        )
        cursor.execute(
            """
            INSERT INTO inventory_stock (company_id, product_id, warehouse_id, on_hand, reserved, safety, as_of)
            SELECT p.company_id, p.id, w.id, 1, 0, 0, now()
            FROM catalog_product p JOIN inventory_warehouse w USING (company_id)
            """
        )
        cursor.execute("ANALYZE catalog_product, catalog_barcode, inventory_stock")


def generic_plan(sql: str) -> str:
    """As production plans (`plan_cache_mode` in the settings)."""
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE probe AS {sql}")
        values = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", sql))))
        cursor.execute(f"EXPLAIN EXECUTE probe({values})")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE probe")
    return plan

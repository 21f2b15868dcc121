from datetime import timedelta
from decimal import Decimal

import pytest

from backend.catalog import services as catalog
from backend.catalog.models import Barcode, Price, Product
from backend.core import clock
from backend.events.models import Event
from backend.inventory import services
from backend.inventory.models import Stock
from backend.inventory.services import StockRow
from tests.support.stock import make_goods, make_product
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def goods(cast):
    return make_goods(cast.company)


def test_of_feeds_that_race_the_newest_stays(goods):
    """The figure says which moment it is from, so a mixture would show."""
    start = clock.now() - timedelta(minutes=1)
    moments = [start + timedelta(seconds=n) for n in range(8)]

    def feed(n: int) -> Stock:
        return goods.count(goods.tea, goods.shanghai, str(n), str(n), as_of=moments[n])

    replies = together(8, feed)
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved, stock.as_of) == (7, 7, moments[7])
    assert [reply.as_of >= moments[n] for n, reply in enumerate(replies)] == [True] * 8


def test_overlapping_feeds_in_opposite_order_all_end(goods):
    now = clock.now()
    products = [make_product(goods.erp, f"M-{n}", f"商品{n}") for n in range(40)]

    def feed(n: int) -> int:
        rows = [
            StockRow(product.pk, goods.shanghai.pk, Decimal(n), Decimal(0), now - timedelta(seconds=n))
            for product in (products if n % 2 else reversed(products))
        ]
        return services.put_stock_rows(actor=goods.erp, rows=rows, at=now)

    changed = together(8, feed)
    assert changed[0] == 40
    assert set(Stock.objects.values_list("on_hand", flat=True)) == {Decimal(0)}
    assert Stock.objects.count() == 40


def test_the_same_feed_eight_times_at_once_counts_once(goods):
    now = clock.now()
    rows = [StockRow(goods.tea.pk, goods.shanghai.pk, Decimal(5), Decimal(1), now)]
    changed = together(8, lambda _: services.put_stock_rows(actor=goods.erp, rows=rows, at=now))
    assert sorted(changed) == [0] * 7 + [1]
    assert Event.objects.filter(name="stock.received").count() == 1


def test_figures_and_safety_stock_arriving_together_are_both_kept(goods):
    place = {"warehouse_id": goods.shanghai.pk, "product_id": goods.tea.pk}

    def write(n: int) -> Stock:
        if n % 2:
            return services.put_safety(actor=goods.erp, **place, safety=Decimal(5), at=clock.now())
        return goods.count(goods.tea, goods.shanghai, "100")

    together(8, write)
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.safety) == (100, 5)


def test_one_reference_announced_eight_times_at_once_is_expected_once(goods):
    together(8, lambda _: goods.expect(goods.tea, goods.shanghai, "30"))
    assert Event.objects.filter(name="stock.incoming_changed").count() == 1


def test_one_product_imported_eight_times_at_once_is_one(goods):
    products = together(8, lambda _: make_product(goods.erp, "N-1", "新品", barcodes=["N-1-BOX"]))
    assert len({product.pk for product in products}) == 1
    assert Barcode.objects.filter(code="N-1-BOX").count() == 1
    assert Event.objects.filter(subject_id=products[0].pk).count() == 1


def test_a_barcode_claimed_by_eight_products_at_once_goes_to_one(goods):
    replies = together(8, lambda n: make_product(goods.erp, f"N-{n}", "新品", barcodes=["BOX"]))
    assert sum(isinstance(reply, Product) for reply in replies) == 1
    assert sum(isinstance(reply, catalog.BarcodeTaken) for reply in replies) == 7
    assert Product.objects.filter(code__startswith="N-").count() == 1


def test_a_price_set_eight_times_at_once_is_one_row(goods):
    def put(_: int) -> Price:
        return catalog.put_price(actor=goods.erp, product_code="P-1", unit_price=Decimal(4), at=clock.now())

    assert len({price.pk for price in together(8, put)}) == 1
    assert Event.objects.filter(name="product.price_set").count() == 1

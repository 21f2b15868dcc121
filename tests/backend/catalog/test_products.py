from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Q

from backend.catalog import rules, selectors, services
from backend.catalog.barcodes import BadCheckDigit
from backend.catalog.models import Barcode, Product
from backend.catalog.search import CANDIDATES, find_products
from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.search import normalised
from backend.events.models import Event

EAN_13 = "6901234567892"
OTHER_EAN_13 = "6907992500133"


@pytest.fixture
def erp(cast):
    return Actor.system(cast.company.pk)


def put(actor, code="P-1", name="乌龙茶", **fields):
    given = {"unit": "瓶", "list_price": Decimal("4.50"), "at": clock.now()} | fields
    return services.put_product(actor=actor, code=code, name=name, **given)


def found(actor, q):
    return [product.code for product in find_products(actor=actor, q=q)]


def test_a_product_comes_with_its_barcodes(erp):
    product = put(erp, barcodes=[EAN_13, "036000291452", "QR-77"])
    assert sorted(Barcode.objects.values_list("code", flat=True)) == ["0036000291452", EAN_13, "QR-77"]
    for scanned in (EAN_13, "0036000291452", "036000291452", "QR-77", f"https://id.gs1.org/01/0{EAN_13}"):
        assert selectors.product_by_barcode(actor=erp, barcode=scanned) == product


def test_the_same_product_twice_changes_nothing(erp):
    first = put(erp, barcodes=[EAN_13], cost_price=Decimal("2.10"))
    again = put(erp, barcodes=[EAN_13], cost_price=Decimal("2.10"))
    assert again.updated_at == first.updated_at
    assert list(Event.objects.filter(subject_id=first.pk).values_list("name", flat=True)) == ["product.created"]


def test_a_price_finer_than_a_cent_settles_at_once(erp):
    put(erp, list_price=Decimal("4.505"))
    product = put(erp, list_price=Decimal("4.505"))
    assert product.list_price == Decimal("4.51")
    assert not Event.objects.filter(name="product.changed").exists()


def test_a_change_says_what_was_before(erp):
    put(erp, barcodes=[EAN_13])
    product = put(erp, name="茉莉花茶", barcodes=["QR-77"])
    event = Event.objects.get(name="product.changed", subject_id=product.pk)
    assert event.data == {
        "before": {"name": "乌龙茶", "barcodes": [EAN_13]},
        "after": {"name": "茉莉花茶", "barcodes": ["QR-77"]},
    }
    assert found(erp, "茉莉") == ["P-1"]
    assert found(erp, "乌龙") == []
    with pytest.raises(NotFound):
        selectors.product_by_barcode(actor=erp, barcode=EAN_13)


def test_barcodes_stay_where_none_are_given(erp):
    put(erp, barcodes=[EAN_13])
    put(erp, name="茉莉花茶")
    assert selectors.product_by_barcode(actor=erp, barcode=EAN_13).name == "茉莉花茶"
    assert found(erp, EAN_13) == ["P-1"]


def test_a_barcode_belongs_to_one_product_of_a_company(erp):
    put(erp, barcodes=[EAN_13])
    with pytest.raises(services.BarcodeTaken) as refusal:
        put(erp, code="P-2", barcodes=[EAN_13])
    assert refusal.value.data == {"barcode": EAN_13}
    assert not Product.objects.filter(code="P-2").exists()


def test_the_same_barcode_gives_each_company_its_own_product(erp, cast):
    acme = Actor.system(cast.acme.pk)
    ours, theirs = put(erp, barcodes=[EAN_13]), put(acme, name="Oolong", barcodes=[EAN_13])
    assert selectors.product_by_barcode(actor=erp, barcode=EAN_13) == ours
    assert selectors.product_by_barcode(actor=acme, barcode=EAN_13) == theirs
    assert [product.pk for product in find_products(actor=acme, q=EAN_13)] == [theirs.pk]
    with pytest.raises(NotFound):
        selectors.get_product(actor=acme, product_id=ours.pk)
    with pytest.raises(NotFound):
        selectors.get_products(actor=acme, product_ids=[ours.pk, theirs.pk])


def test_several_products_come_in_one_query(erp, django_assert_num_queries):
    products = {product.pk: product for product in (put(erp, code=f"P-{n}") for n in range(5))}
    with django_assert_num_queries(1):
        assert selectors.get_products(actor=erp, product_ids=products) == products


@pytest.mark.parametrize(
    ("barcode", "refusal"), [("6901234567893", BadCheckDigit), ("", Invalid), ("x" * 256, Invalid)]
)
def test_a_bad_barcode_keeps_the_product_out(erp, barcode, refusal):
    with pytest.raises(refusal):
        put(erp, barcodes=[OTHER_EAN_13, barcode])
    assert not Product.objects.exists()


def test_a_rep_maintains_no_products(cast):
    with pytest.raises(Forbidden):
        put(cast.actor(cast.li))
    assert not Product.objects.exists()


def test_the_administrator_does(cast):
    assert put(cast.actor(cast.qian)).company_id == cast.company.pk


def test_cost_is_for_those_who_may_see_it(erp, cast):
    product = put(erp, cost_price=Decimal("2.10"))
    assert product.cost_for(cast.actor(cast.wang)) == Decimal("2.10")
    assert product.cost_for(cast.actor(cast.li)) is None


@pytest.mark.parametrize(
    "q",
    [
        "P-1001",
        "p-10",
        "乌龙",
        "茶",
        "ＡＢ",
        "500ml",
        "乌龙 500",
        "500 乌龙",
        "tongyi",
        "to",
        "wulong",
        "tywlc",
        "wlc",
        "wl",
        EAN_13,
        f"(01)0{EAN_13}",
    ],
)
def test_a_product_is_found_however_it_is_typed(erp, q):
    put(erp, code="P-1001", name="统一乌龙茶 AB", spec="500ml", barcodes=[EAN_13])
    put(erp, code="X-9", name="温控器", spec="T5")
    assert found(erp, q) == ["P-1001"]


@pytest.mark.parametrize("q", ["as", "AS", "aniseed", "syrup", "SYR"])
def test_foreign_names_too(erp, q):
    put(erp, code="P-3", name="Aniseed Syrup")
    assert found(erp, q) == ["P-3"]


@pytest.mark.parametrize("q", ["绿茶", "乌茶", "乌龙 绿", "ulong1", "cwl", "6901234567893", "690123", "%", "_", "'"])
def test_what_is_not_there_is_not_found(erp, q):
    put(erp, code="P-1001", name="统一乌龙茶", barcodes=[EAN_13])
    assert found(erp, q) == []


def test_all_grams_in_another_order_are_no_hit(erp):
    put(erp, name="ABA")
    assert found(erp, "bab") == []


@pytest.mark.parametrize("q", ["", "  ", "　"])
def test_nothing_typed_finds_nothing(erp, q):
    put(erp)
    assert found(erp, q) == []


def test_exact_code_or_barcode_first_then_beginnings(erp):
    put(erp, code="B-2", name="配件 A-1 专用")
    put(erp, code="A-10", name="配件")
    put(erp, code="A-1", name="支架")
    put(erp, code="C-3", name="扫描枪", barcodes=["A-1"])
    assert found(erp, "a-1") == ["A-1", "A-10", "B-2"]
    assert found(erp, "A-1")[:2] == ["C-3", "A-1"]


def plainly(q):
    """What the raw SQL finds, by the ORM and without an index."""
    whole, words = normalised(q), rules.words_of(q)
    begins = Q(code_key__startswith=whole) | Q(initials__startswith=whole) | Q(pinyin__startswith=whole)
    in_text, spelt = Q(), Q()
    for word in words:
        in_text &= Q(search_text__contains=word)
        spelt &= Q(pinyin__contains=word) if rules.may_be_pinyin(word) else Q(search_text__contains=word)
    found = Product.objects.filter(begins | in_text | spelt | Q(barcodes__code=q), is_active=True)
    return sorted(set(found.values_list("code", flat=True)))


@pytest.mark.parametrize(
    "q", ["茶", "乌龙", "wu", "wulong", "an", "500", "l 500", "wulong 500", "tea", "p-", "p-1", "T", EAN_13]
)
def test_the_fast_search_equals_the_plain_one(erp, q):
    put(erp, code="P-1", name="统一乌龙茶", spec="500ml", barcodes=[EAN_13])
    put(erp, code="P-2", name="乌龙茶", spec="250ml")
    put(erp, code="P-3", name="Oolong Tea 500")
    put(erp, code="T-4", name="安溪铁观音", spec="P-1 的礼盒")
    put(erp, code="T-5", name="茶 Tea 杯", is_active=False)
    assert sorted(found(erp, q)) == plainly(q) != []


def test_a_search_looks_at_few_and_still_sees_the_best(erp):
    """More products match than are looked at, and the best came last."""
    for n in range(CANDIDATES + 20):
        put(erp, code=f"M-{n}", name=f"瓶装乌龙{n}")
    put(erp, code="Z-1", name="乌龙茶")
    put(erp, code="乌龙", name="别的")
    assert found(erp, "乌龙")[:2] == ["乌龙", "Z-1"]


def test_what_is_no_longer_sold_is_not_offered_but_still_scanned(erp):
    product = put(erp, barcodes=[EAN_13], is_active=False)
    assert found(erp, "乌龙") == found(erp, EAN_13) == []
    assert list(selectors.list_products(actor=erp)) == []
    assert selectors.product_by_barcode(actor=erp, barcode=EAN_13) == product
    assert selectors.get_product(actor=erp, product_id=product.pk) == product


def price(actor, unit_price, **fields):
    return services.put_price(actor=actor, product_code="P-1", unit_price=Decimal(unit_price), at=clock.now(), **fields)


def quote(cast, product, quantity="1", level="A", at=None):
    quotes = selectors.prices_for(
        company_id=cast.company.pk,
        customer_level=level,
        quantities={product.pk: Decimal(quantity)},
        at=at or clock.now(),
    )
    return quotes[product.pk]


def test_without_a_price_row_the_list_price_is_price_and_floor(cast, erp):
    product = put(erp, currency="USD", tax_rate=Decimal("0.09"))
    got = quote(cast, product)
    assert (got.unit_price, got.floor_price, got.currency, got.tax_rate) == (
        Decimal("4.50"),
        Decimal("4.50"),
        "USD",
        Decimal("0.09"),
    )


def test_level_comes_before_quantity_and_quantity_before_the_rest(cast, erp):
    product = put(erp)
    price(erp, "4.00", floor_price=Decimal("3.50"))
    price(erp, "3.00", min_quantity=Decimal(100))
    price(erp, "3.80", customer_level="A")
    price(erp, "3.60", customer_level="A", min_quantity=Decimal(10))
    assert quote(cast, product, "1", level="").unit_price == Decimal("4.00")
    assert quote(cast, product, "1", level="").floor_price == Decimal("3.50")
    assert quote(cast, product, "100", level="B").unit_price == Decimal("3.00")
    assert quote(cast, product, "9.9999").unit_price == Decimal("3.80")
    assert quote(cast, product, "10").unit_price == Decimal("3.60")
    assert quote(cast, product, "100").unit_price == Decimal("3.60")
    assert quote(cast, product, "10").floor_price == Decimal("3.60")


def test_a_price_holds_from_its_first_to_its_last_day_where_the_company_is(cast, erp):
    product = put(erp)
    noon = clock.now().replace(year=2026, month=11, day=22, hour=4, minute=0)  # in Shanghai
    price(erp, "4.00", starts_on=noon.date(), ends_on=noon.date())
    twelve_hours = timedelta(hours=12)
    assert quote(cast, product, at=noon).unit_price == Decimal("4.00")
    assert quote(cast, product, at=noon - twelve_hours).unit_price == Decimal("4.00")
    assert quote(cast, product, at=noon - twelve_hours - timedelta(minutes=1)).unit_price == Decimal("4.50")
    assert quote(cast, product, at=noon + twelve_hours).unit_price == Decimal("4.50")


def test_of_two_that_hold_the_newer_counts(cast, erp):
    product = put(erp)
    at = clock.now()
    price(erp, "4.00")
    price(erp, "3.90", starts_on=at.date() - timedelta(days=30))
    price(erp, "3.70", starts_on=at.date() - timedelta(days=3))
    price(erp, "1.00", starts_on=at.date() + timedelta(days=3))
    assert quote(cast, product, at=at).unit_price == Decimal("3.70")


def test_another_company_s_products_have_no_price(cast, erp):
    product = put(erp)
    asked = {"customer_level": "", "quantities": {product.pk: Decimal(1)}, "at": clock.now()}
    assert selectors.prices_for(company_id=cast.acme.pk, **asked) == {}


def test_prices_of_many_products_take_as_many_queries_as_of_one(cast, erp, django_assert_num_queries):
    products = [put(erp, code=f"P-{n}") for n in range(50)]
    for asked in (products[:1], products):
        with django_assert_num_queries(2):
            quotes = selectors.prices_for(
                company_id=cast.company.pk,
                customer_level="A",
                quantities={product.pk: Decimal(1) for product in asked},
                at=clock.now(),
            )
        assert quotes.keys() == {product.pk for product in asked}


def test_a_price_set_twice_is_one_row_and_one_event(erp):
    put(erp)
    assert price(erp, "4.00").pk == price(erp, "4.00").pk
    assert Event.objects.filter(name="product.price_set").count() == 1
    price(erp, "3.90")
    changed = Event.objects.filter(name="product.price_set").latest("id")
    assert (changed.data["before"]["unit_price"], changed.data["after"]["unit_price"]) == ("4.00", "3.90")


def test_a_price_that_makes_no_sense_is_refused(erp, cast):
    product = put(erp)
    today = clock.now().date()
    with pytest.raises(Invalid):
        price(erp, "4.00", floor_price=Decimal("4.01"))
    with pytest.raises(Invalid):
        price(erp, "4.00", starts_on=today, ends_on=today - timedelta(days=1))
    with pytest.raises(NotFound):
        price(Actor.system(cast.acme.pk), "4.00")
    with pytest.raises(Forbidden):
        price(cast.actor(cast.li), "4.00")
    assert not product.prices.exists()

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.catalog.selectors import product_by_barcode
from backend.core import clock
from backend.core.actor import Actor
from backend.core.geo import distance_m
from backend.customers.models import Contact, Customer
from backend.directory.models import Employee
from backend.directory.selectors import actor_for
from backend.directory.services.people import found_company
from backend.events.models import Event
from backend.inventory.selectors import stock_by_barcode
from backend.orders.models import Line, Order, OrderEvent
from infra.demo.importer import import_dataset
from infra.demo.northwind import read_northwind
from infra.demo.own import read_own
from infra.demo.paths import NORTHWIND

SAMPLE_FILE = Path(__file__).with_name("sample.sql")
SAMPLE = read_northwind(SAMPLE_FILE.read_text("utf-8"))
NEW = {"departments": 3, "employees": 3, "customers": 2, "products": 2, "orders": 3}


@pytest.fixture
def company(db):
    return found_company(code="trader", name="商行")


@pytest.fixture
def load(company):
    """`load()` imports the sample; {noun: how many were new}."""

    def run(data=SAMPLE, **options):
        counts = import_dataset(data, company=company, at=clock.now(), **options)
        return {noun: count.new for noun, count in counts.items()}

    return run


def everything():
    models = (Employee, Customer, Contact, Order, Line, OrderEvent, Event)
    return {model.__name__: model._default_manager.count() for model in models}


def test_twice_is_once(load):
    assert load() == NEW
    before = everything()
    assert load() == dict.fromkeys(NEW, 0)
    assert everything() == before


@pytest.mark.parametrize("stop", [2, 5, 7, 9, 12])
def test_an_interrupted_import_goes_on_where_it_stopped(load, stop):
    rows = iter(range(stop))
    with pytest.raises(StopIteration):
        load(on_row=lambda: next(rows))
    assert sum(load().values()) == sum(NEW.values()) - stop - 1
    assert Contact.objects.count() == 1
    assert load() == dict.fromkeys(NEW, 0)


def test_what_people_changed_since_stays(load):
    load()
    Customer.objects.filter(code="OFTEN").update(name="新名字")
    load()
    assert Customer.objects.get(code="OFTEN").name == "新名字"


def test_orders_keep_number_owner_day_and_price_and_have_a_timeline(load, company):
    load()
    order = Order.objects.get(number="10")
    assert order.created_at.isoformat() == "1996-07-04T01:00:00+00:00"  # nine o'clock in Shanghai
    assert (order.owner.name, order.department.code) == ("Ben Lead", "NW")
    assert (order.total, order.currency, order.requested_on) == (Decimal("214.45"), "CNY", date(1996, 8, 1))
    assert (order.status, order.label, order.shipping) == ("accepted", "shipped", "shipped")
    assert list(order.events.order_by("occurred_at").values_list("source", "kind", "data")) == [
        ("northwind", "confirmed", {}),
        ("northwind", "shipped", {"carrier": "Federal Shipping"}),
    ]
    assert Order.objects.get(number="12").label == "confirmed"


def test_history_is_told_to_nobody(load):
    load()
    told = Event.objects.filter(name__startswith="order.")
    assert set(told.values_list("name", flat=True)) == {"order.imported"}
    assert not told.filter(deliveries__isnull=False).exists()


def test_the_owner_sees_his_customer_and_a_colleague_of_another_region_does_not(load):
    load()
    owner, manager = Employee.objects.get(number="NW03"), Employee.objects.get(number="NW02")
    often = Customer.objects.get(code="OFTEN")
    assert often.owner == owner
    for person in (owner, manager):
        assert Customer.objects.get_visible(actor_for(person), often.pk) == often


def test_goods_have_barcode_stock_and_what_is_on_its_way(load, company):
    load()
    actor = Actor.system(company.pk)
    assert product_by_barcode(actor=actor, barcode="2000000000022").name == "Aniseed Syrup"
    (stock,) = stock_by_barcode(actor=actor, barcode="2000000000022").warehouses
    assert (stock.on_hand, [goods.quantity for goods in stock.incoming]) == (13, [70])


@pytest.mark.parametrize("name", ["demo", "acme"])
def test_our_own_data_can_be_imported(load, name):
    data = read_own(name)
    assert sum(load(data).values()) == data.rows
    assert load(data) == dict.fromkeys(NEW, 0)


def test_li_has_two_customers_where_the_track_begins_and_one_three_kilometres_away():
    places = {customer.code: customer for customer in read_own("demo").customers if customer.owner == "1002"}
    track_begins = (39.98472, 116.31841)
    away = {code: distance_m(*track_begins, row.lat, row.lng) for code, row in places.items()}
    assert max(away["BJ001"], away["BJ002"]) < 200
    assert 2_900 < away["BJ003"] < 3_200


def test_the_command_reports_what_is_new(db):
    def run() -> str:
        out = StringIO()
        call_command("import_northwind", file=SAMPLE_FILE, company="demo", limit_orders=2, stdout=out)
        return out.getvalue()

    assert "orders           2   新增 / new 2" in run()
    assert "orders           2   新增 / new 0" in run()
    assert Order.objects.count() == 2


def test_the_command_says_which_file_it_cannot_read(db, tmp_path):
    broken = tmp_path / "broken.sql"
    broken.write_text("INSERT INTO t VALUES ('never ends")
    for file in (tmp_path / "absent.sql", broken):
        with pytest.raises(CommandError, match=file.name):
            call_command("import_northwind", file=file)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not NORTHWIND.exists(), reason="the real dump is not part of the repository")
def test_the_whole_of_northwind_arrives_once(company):
    data = read_northwind(NORTHWIND.read_text("utf-8"))
    for new in (data.rows, 0):
        counts = import_dataset(data, company=company, at=clock.now())
        assert sum(count.new for count in counts.values()) == new
    assert (Customer.objects.count(), Order.objects.count(), Line.objects.count()) == (91, 830, 2155)
    assert OrderEvent.objects.filter(source="northwind").count() == 830 + 809

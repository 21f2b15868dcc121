from datetime import date
from decimal import Decimal
from operator import attrgetter
from pathlib import Path

import pytest

from backend.catalog.barcodes import has_valid_check_digit
from infra.demo.barcodes import internal_ean13
from infra.demo.dataset import Contact, OrderLine
from infra.demo.northwind import read_northwind
from infra.demo.paths import NORTHWIND
from infra.demo.pgdump import DumpError

SAMPLE = Path(__file__).with_name("sample.sql").read_text("utf-8")


@pytest.fixture(scope="module")
def sample():
    return read_northwind(SAMPLE)


def test_managers_come_before_their_people_and_sit_above_the_regions(sample):
    fields = attrgetter("number", "name", "manager", "department", "role")
    assert list(map(fields, sample.people)) == [
        ("NW01", "Ada Boss", None, "NW", "manager"),
        ("NW02", "Ben Lead", "NW01", "NW", "manager"),
        ("NW03", "Cara Field", "NW02", "NW-2", "rep"),
    ]


def test_regions_are_departments_below_sales(sample):
    assert list(map(attrgetter("code", "name", "parent"), sample.departments)) == [
        ("NW", "Northwind 销售部", "root"),
        ("NW-1", "Eastern", "NW"),
        ("NW-2", "Western", "NW"),
    ]


def test_a_customer_belongs_to_who_took_most_of_its_orders(sample):
    often, never = sample.customers
    assert (often.owner, often.status) == ("NW03", "active")
    assert (never.owner, never.status) == (None, "prospect")
    assert often.name == "Tom's Corner; Ltd."
    assert often.address == "1 O'Hara (rear), 2nd, 29001, Málaga, Spain"
    assert often.contacts == (Contact("Ann Lee", "Owner", "555-0100"),)
    assert never.contacts == ()


def test_products_get_a_barcode_of_the_internal_range(sample):
    chai, syrup = sample.products
    assert (chai.is_active, syrup.is_active) == (False, True)
    assert (syrup.list_price, syrup.on_hand, syrup.incoming) == (Decimal("9.80"), 13, 70)
    assert syrup.category == "Condiments"
    assert syrup.barcode == "2000000000022"


def test_orders_come_oldest_first_with_discounts_taken_off(sample):
    first, second, third = sample.orders
    assert (first.number, first.ordered_on, first.shipped_on, first.carrier) == (
        "10",
        date(1996, 7, 4),
        date(1996, 7, 16),
        "Federal Shipping",
    )
    assert first.lines == (
        OrderLine("NW001", Decimal(12), Decimal("14.40")),
        OrderLine("NW002", Decimal(5), Decimal("8.33")),
    )
    assert second.required_on is None
    assert third.shipped_on is None


def test_a_limit_keeps_the_oldest_orders_and_the_owners():
    data = read_northwind(SAMPLE, limit_orders=1)
    assert [order.number for order in data.orders] == ["10"]
    assert data.customers[0].owner == "NW03"


def test_another_dump_is_refused():
    with pytest.raises(DumpError, match="no table categories, customers"):
        read_northwind("CREATE TABLE pets (id smallint);")


def test_a_circle_of_managers_is_refused():
    head = "(1, 'Boss', 'Ada', '555-0101', '\\x', "
    with pytest.raises(DumpError, match="circle"):
        read_northwind(SAMPLE.replace(f"{head}NULL)", f"{head}3)"))


@pytest.mark.parametrize("number", [1, 77, 9_999_999_999])
def test_internal_barcodes_have_their_check_digit(number):
    barcode = internal_ean13(number)
    assert len(barcode) == 13
    assert has_valid_check_digit(barcode)


@pytest.mark.skipif(not NORTHWIND.exists(), reason="the real dump is not part of the repository")
def test_the_real_dump_is_read_whole():
    data = read_northwind(NORTHWIND.read_text("utf-8"))
    assert [len(rows) for rows in (data.people, data.customers, data.products, data.orders)] == [9, 91, 77, 830]
    assert sum(len(order.lines) for order in data.orders) == 2155
    assert {person.manager for person in data.people} == {None, "NW02", "NW05"}
    assert [customer.code for customer in data.customers if customer.owner is None] == ["FISSA", "PARIS"]
    assert sum(order.shipped_on is None for order in data.orders) == 21
    # The sample's own total, 1,265,793.04, rounds whole lines; a price to the cent for one unit moves it a little.
    amounts = [line.quantity * line.unit_price for order in data.orders for line in order.lines]
    assert sum(amounts) == Decimal("1265811.86")

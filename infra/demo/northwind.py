"""The Northwind sample as a `Dataset`: a company with managers and regions, customers, products and past orders."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from backend.core.money import rounded
from infra.demo.barcodes import internal_ean13
from infra.demo.dataset import Contact, Customer, Dataset, Department, OrderLine, PastOrder, Person, Product
from infra.demo.pgdump import DumpError, Row, read_dump

TABLES = {
    *("categories", "customers", "employee_territories", "employees", "order_details", "orders", "products"),
    *("region", "shippers", "territories"),
}
SALES = Department("NW", "Northwind 销售部")
Tables = Mapping[str, list[Row]]


def read_northwind(text: str, *, limit_orders: int | None = None) -> Dataset:
    """From the SQL dump of Northwind for PostgreSQL; of the orders only the oldest `limit_orders`.

    What has no place in Waiqin is left out: freight, suppliers, the employees' private data. Money is taken as it
    stands, in the company's currency. Raises DumpError.
    """
    tables = read_dump(text)
    if missing := TABLES - tables.keys():
        raise DumpError(f"not Northwind: no table {', '.join(sorted(missing))}")
    return Dataset(
        source="northwind",
        warehouse=("NW", "Northwind 仓库"),
        departments=(SALES, *(_region(row) for row in tables["region"])),
        people=_people(tables),
        customers=_customers(tables),
        products=_products(tables),
        orders=_orders(tables)[:limit_orders],
    )


def _region(row: Row) -> Department:
    return Department(f"NW-{_int(row, 'region_id')}", _text(row, "region_description").strip(), parent=SALES.code)


def _people(tables: Tables) -> tuple[Person, ...]:
    """Each in the region of most of his territories; whoever has people reporting to him above the regions, since his
    people are spread over several and he is to see all of them."""
    region_of = {_text(row, "territory_id"): _int(row, "region_id") for row in tables["territories"]}
    regions: dict[int, Counter[int]] = defaultdict(Counter)
    for row in tables["employee_territories"]:
        regions[_int(row, "employee_id")][region_of[_text(row, "territory_id")]] += 1
    managers = {_int(row, "reports_to") for row in tables["employees"] if row["reports_to"] is not None}
    people: dict[int, Person] = {}
    waiting = list(tables["employees"])
    while waiting:
        ready = [row for row in waiting if row["reports_to"] is None or _int(row, "reports_to") in people]
        if not ready:
            raise DumpError("the employees report to one another in a circle")
        for row in ready:
            pk, manager = _int(row, "employee_id"), row["reports_to"]
            home = SALES.code if pk in managers or not regions[pk] else f"NW-{regions[pk].most_common(1)[0][0]}"
            people[pk] = Person(
                number=_number(pk),
                name=f"{_text(row, 'first_name')} {_text(row, 'last_name')}",
                department=home,
                manager=None if manager is None else _number(_int(row, "reports_to")),
                role="manager" if pk in managers else "rep",
                phone=_text(row, "home_phone"),
            )
        waiting = [row for row in waiting if _int(row, "employee_id") not in people]
    return tuple(people.values())


def _customers(tables: Tables) -> tuple[Customer, ...]:
    """Each belongs to the employee who took most of its orders; who never ordered is a prospect in the pool."""
    sellers: dict[str, Counter[int]] = defaultdict(Counter)
    for row in tables["orders"]:
        sellers[_text(row, "customer_id")][_int(row, "employee_id")] += 1
    return tuple(_customer(row, sellers[_text(row, "customer_id")]) for row in tables["customers"])


def _customer(row: Row, sellers: Counter[int]) -> Customer:
    address = [_text(row, name) for name in ("address", "postal_code", "city", "region", "country")]
    contact = Contact(_text(row, "contact_name"), _text(row, "contact_title"), _text(row, "phone"))
    most = max(sellers.values(), default=0)
    owner = min((pk for pk, orders in sellers.items() if orders == most), default=None)
    return Customer(
        code=_text(row, "customer_id"),
        name=_text(row, "company_name"),
        owner=None if owner is None else _number(owner),
        status="prospect" if owner is None else "active",
        phone=_text(row, "phone"),
        address=", ".join(filter(None, address)),
        contacts=(contact,) if contact.name else (),
    )


def _products(tables: Tables) -> tuple[Product, ...]:
    categories = {_int(row, "category_id"): _text(row, "category_name") for row in tables["categories"]}
    return tuple(
        Product(
            code=_product_code(_int(row, "product_id")),
            name=_text(row, "product_name"),
            unit="件",
            spec=_text(row, "quantity_per_unit"),
            category=categories[_int(row, "category_id")],
            list_price=rounded(_decimal(row, "unit_price")),
            barcode=internal_ean13(_int(row, "product_id")),
            is_active=not _int(row, "discontinued"),
            on_hand=_decimal(row, "units_in_stock"),
            incoming=_decimal(row, "units_on_order"),
        )
        for row in tables["products"]
    )


def _orders(tables: Tables) -> tuple[PastOrder, ...]:
    carriers = {_int(row, "shipper_id"): _text(row, "company_name") for row in tables["shippers"]}
    lines: dict[int, list[OrderLine]] = defaultdict(list)
    for row in tables["order_details"]:
        charged = rounded(_decimal(row, "unit_price")) * (1 - rounded(_decimal(row, "discount")))
        line = OrderLine(_product_code(_int(row, "product_id")), _decimal(row, "quantity"), rounded(charged))
        lines[_int(row, "order_id")].append(line)
    orders = (
        PastOrder(
            number=str(_int(row, "order_id")),
            customer=_text(row, "customer_id"),
            owner=_number(_int(row, "employee_id")),
            ordered_on=date.fromisoformat(_text(row, "order_date")),
            required_on=_day(row, "required_date"),
            shipped_on=_day(row, "shipped_date"),
            carrier=carriers.get(_int(row, "ship_via"), "") if row["ship_via"] is not None else "",
            lines=tuple(lines[_int(row, "order_id")]),
        )
        for row in tables["orders"]
    )
    return tuple(sorted(orders, key=lambda order: (order.ordered_on, order.number)))


def _number(employee_id: int) -> str:
    return f"NW{employee_id:02d}"


def _product_code(product_id: int) -> str:
    return f"NW{product_id:03d}"


def _text(row: Row, name: str) -> str:
    value = row[name]
    if not isinstance(value, str | None):
        raise DumpError(f"{name} is not a text: {value!r}")
    return value or ""


def _decimal(row: Row, name: str) -> Decimal:
    value = row[name]
    if not isinstance(value, Decimal):
        raise DumpError(f"{name} is not a number: {value!r}")
    return value


def _int(row: Row, name: str) -> int:
    return int(_decimal(row, name))


def _day(row: Row, name: str) -> date | None:
    return date.fromisoformat(_text(row, name)) if row[name] is not None else None

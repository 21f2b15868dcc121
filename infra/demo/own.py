"""Our own small data sets, made up for the demo and kept under version control: every name in them is invented."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from infra.demo.dataset import Contact, Customer, Dataset, Department, OrderLine, PastOrder, Person, Product

DATA = Path(__file__).parent / "data"


def read_own(name: str) -> Dataset:
    """`demo` or `acme`; the keys of the file are the fields of `dataset`."""
    content = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return Dataset(
        source=content["source"],
        warehouse=tuple(content["warehouse"]),
        departments=tuple(Department(**row) for row in content["departments"]),
        people=tuple(Person(**{"manager": None, **row}) for row in content["people"]),
        customers=tuple(_customer(row) for row in content["customers"]),
        products=tuple(_product(row) for row in content["products"]),
        orders=tuple(_order(row) for row in content["orders"]),
    )


def _customer(row: dict[str, Any]) -> Customer:
    contacts = tuple(Contact(**contact) for contact in row.pop("contacts"))
    return Customer(**{"owner": None, **row}, contacts=contacts)


def _product(row: dict[str, Any]) -> Product:
    decimals: dict[str, Any] = {name: Decimal(row[name]) for name in Product.DECIMALS if name in row}
    levels = tuple((level, Decimal(price)) for level, price in row.pop("level_prices", {}).items())
    return Product(**{**row, **decimals}, level_prices=levels)


def _order(row: dict[str, Any]) -> PastOrder:
    lines = tuple(
        OrderLine(line["product"], Decimal(line["quantity"]), Decimal(line["unit_price"])) for line in row.pop("lines")
    )
    days: dict[str, Any] = {name: date.fromisoformat(row.pop(name)) for name in PastOrder.DATES if name in row}
    return PastOrder(**row, **days, lines=lines)

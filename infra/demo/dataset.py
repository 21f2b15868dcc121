"""A small trading company in plain values, whatever it was read from; `importer` brings it in through the services."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    name: str
    parent: str = "root"


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    name: str
    department: str
    manager: str | None
    role: str = "rep"
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    position: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """`owner` is a person's number; without one the customer lies in the public pool. Degrees are WGS-84."""

    code: str
    name: str
    owner: str | None
    status: str = "active"
    level: str = ""
    phone: str = ""
    address: str = ""
    lat: float | None = None
    lng: float | None = None
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """Prices include tax, in the company's currency; stock figures are of the one warehouse."""

    code: str
    name: str
    unit: str
    list_price: Decimal
    barcode: str
    spec: str = ""
    category: str = ""
    cost_price: Decimal | None = None
    floor_price: Decimal | None = None
    """Below it an order needs approval."""
    level_prices: tuple[tuple[str, Decimal], ...] = ()
    """What customers of a level pay instead of the list price."""
    is_active: bool = True
    on_hand: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    incoming: Decimal = Decimal(0)

    DECIMALS: ClassVar[tuple[str, ...]] = (
        *("list_price", "cost_price", "floor_price"),
        *("on_hand", "reserved", "incoming"),
    )


@dataclass(frozen=True, slots=True)
class OrderLine:
    product: str
    quantity: Decimal
    unit_price: Decimal
    """What was charged for one unit, discount taken off."""


@dataclass(frozen=True, slots=True)
class PastOrder:
    number: str
    customer: str
    owner: str
    ordered_on: date
    lines: tuple[OrderLine, ...]
    required_on: date | None = None
    shipped_on: date | None = None
    carrier: str = ""

    DATES: ClassVar[tuple[str, ...]] = ("ordered_on", "required_on", "shipped_on")


@dataclass(frozen=True, slots=True)
class Dataset:
    source: str
    """Whose word the order events are, such as `northwind`."""
    warehouse: tuple[str, str]
    """Code and name."""
    departments: tuple[Department, ...] = ()
    """Parents before their children."""
    people: tuple[Person, ...] = ()
    """Managers before those who report to them."""
    customers: tuple[Customer, ...] = ()
    products: tuple[Product, ...] = ()
    orders: tuple[PastOrder, ...] = field(default=(), repr=False)

    @property
    def rows(self) -> int:
        nouns = (self.departments, self.people, self.customers, self.products, self.orders)
        return sum(map(len, nouns))

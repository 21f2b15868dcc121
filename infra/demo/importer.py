"""A `Dataset` into a company, through the services.

Each row is one transaction, and what the company already has by its number or code is passed over, with whatever was
changed in it since. So an import may be repeated, and after an interruption it goes on where it stopped.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models, transaction

from backend.catalog import services as catalog
from backend.catalog.models import Product
from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.customers import services as customers
from backend.customers.models import Customer
from backend.directory.models import Company, Department, Employee
from backend.directory.services import people
from backend.inventory import services as inventory
from backend.orders.models import Order
from backend.orders.rules import Fact
from backend.orders.services.importing import PastLine, import_order
from backend.orders.stages import Kind
from infra.demo import dataset
from infra.demo.dataset import Dataset

INCOMING_AFTER = timedelta(days=7)
"""The sources know what is on its way and not when it comes."""
OPENING = time(9)
"""The sources know days: what happened on one is dated at this hour of the company's time."""
R = TypeVar("R")
Ids = dict[str, UUID]


@dataclass(slots=True)
class Count:
    rows: int
    new: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    company: Company
    actor: Actor
    at: datetime
    on_row: Callable[[], object]
    counts: dict[str, Count] = field(default_factory=dict)

    def moment(self, day: date) -> datetime:
        return datetime.combine(day, OPENING, ZoneInfo(self.company.timezone))


def import_dataset(
    data: Dataset, *, company: Company, at: datetime, on_row: Callable[[], object] = lambda: None
) -> dict[str, Count]:
    """How many rows of each noun there are and how many are new. `on_row` is called after each, new or not."""
    run = _Run(company, Actor.system(company.pk), at, on_row)
    departments = _departments(run, data.departments)
    staff = _people(run, data.people, departments)
    buyers = _customers(run, data.customers, staff)
    goods = _products(run, data.products, data.warehouse)
    _orders(run, data.orders, source=data.source, staff=staff, buyers=buyers, goods=goods)
    return run.counts


def _each(
    run: _Run,
    noun: str,
    rows: Sequence[R],
    model: type[models.Model],
    key: str,
    take: Callable[[R, Ids], UUID],
) -> Ids:
    """Ids by `key` of everything that was there, and of what `take` made of the rows that were not."""
    ids: Ids = dict(model._default_manager.filter(company=run.company).values_list(key, "pk"))
    count = run.counts[noun] = Count(len(rows))
    for row in rows:
        name: str = getattr(row, key)
        if name not in ids:
            with transaction.atomic():
                ids[name] = take(row, ids)
            count.new += 1
        run.on_row()
    return ids


def _departments(run: _Run, rows: Sequence[dataset.Department]) -> Ids:
    def take(row: dataset.Department, ids: Ids) -> UUID:
        parent_id = ids[row.parent]
        return people.put_department(actor=run.actor, code=row.code, name=row.name, parent_id=parent_id, at=run.at).pk

    return _each(run, "departments", rows, Department, "code", take)


def _people(run: _Run, rows: Sequence[dataset.Person], departments: Ids) -> Ids:
    def take(row: dataset.Person, ids: Ids) -> UUID:
        return people.put_employee(
            actor=run.actor,
            number=row.number,
            name=row.name,
            department_id=departments[row.department],
            manager_id=ids[row.manager] if row.manager else None,
            role_codes=[row.role],
            phone=row.phone,
            at=run.at,
        ).pk

    return _each(run, "employees", rows, Employee, "number", take)


def _customers(run: _Run, rows: Sequence[dataset.Customer], staff: Ids) -> Ids:
    def take(row: dataset.Customer, ids: Ids) -> UUID:
        place: customers.Place | None = None
        if row.lat is not None and row.lng is not None:
            place = {"lat": row.lat, "lng": row.lng, "crs": "wgs84"}
        customer = customers.put_customer(
            actor=run.actor,
            code=row.code,
            name=row.name,
            status=row.status,
            level=row.level,
            phone=row.phone,
            address=row.address,
            place=place,
            owner_id=staff[row.owner] if row.owner else None,
            at=run.at,
        )
        for contact in row.contacts:
            customers.add_contact(
                actor=run.actor,
                customer_id=customer.pk,
                name=contact.name,
                position=contact.position,
                phone=contact.phone,
                at=run.at,
            )
        return customer.pk

    return _each(run, "customers", rows, Customer, "code", take)


def _products(run: _Run, rows: Sequence[dataset.Product], warehouse: tuple[str, str]) -> Ids:
    code, name = warehouse
    place = inventory.put_warehouse(actor=run.actor, code=code, name=name, at=run.at).pk
    expected_on = today_in(run.company.timezone, run.at) + INCOMING_AFTER

    def take(row: dataset.Product, ids: Ids) -> UUID:
        product = catalog.put_product(
            actor=run.actor,
            code=row.code,
            name=row.name,
            spec=row.spec,
            unit=row.unit,
            category=row.category,
            list_price=row.list_price,
            cost_price=row.cost_price,
            currency=run.company.currency,
            is_active=row.is_active,
            barcodes=[row.barcode],
            at=run.at,
        )
        everybody = [] if row.floor_price is None else [("", row.list_price)]
        for level, price in (*everybody, *row.level_prices):
            catalog.put_price(
                actor=run.actor,
                product_code=row.code,
                customer_level=level,
                unit_price=price,
                floor_price=row.floor_price,
                at=run.at,
            )
        figures: dict[str, Any] = {"warehouse_id": place, "product_id": product.pk, "at": run.at}
        inventory.put_stock(actor=run.actor, on_hand=row.on_hand, reserved=row.reserved, as_of=run.at, **figures)
        if row.incoming:
            inventory.put_incoming(
                actor=run.actor,
                quantity=row.incoming,
                expected_on=expected_on,
                reference=f"PO-{row.code}",
                **figures,
            )
        return product.pk

    return _each(run, "products", rows, Product, "code", take)


def _orders(run: _Run, rows: Sequence[dataset.PastOrder], *, source: str, staff: Ids, buyers: Ids, goods: Ids) -> Ids:
    def take(row: dataset.PastOrder, ids: Ids) -> UUID:
        order, _ = import_order(
            actor=run.actor,
            number=row.number,
            customer_id=buyers[row.customer],
            owner_id=staff[row.owner],
            ordered_at=run.moment(row.ordered_on),
            requested_on=row.required_on,
            lines=[PastLine(goods[line.product], line.quantity, line.unit_price) for line in row.lines],
            facts=list(_facts(run, row, source)),
            at=run.at,
        )
        return order.pk

    return _each(run, "orders", rows, Order, "number", take)


def _facts(run: _Run, row: dataset.PastOrder, source: str) -> Iterable[Fact]:
    """What the source knows of an order: that it was taken, and when and by whom it was shipped."""
    ordered = run.moment(row.ordered_on)
    yield Fact(source, f"{row.number}-confirmed", Kind.CONFIRMED, ordered, ordered)
    if row.shipped_on is not None:
        shipped = run.moment(row.shipped_on)
        yield Fact(source, f"{row.number}-shipped", Kind.SHIPPED, shipped, shipped, {"carrier": row.carrier})

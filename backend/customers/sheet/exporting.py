"""Customers as an export: the list as the phone shows it, whole, and so that it can be imported again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from backend.core.actor import Actor
from backend.core.text import bilingual
from backend.customers.models import Contact, Customer, CustomerPlace
from backend.customers.selectors.listing import Wanted, count_customers, page_of_customers, position_of
from backend.customers.selectors.maps import bounds
from backend.customers.sheet.columns import CLASSES, CONTACTS, DATUMS, DETAIL, PLACES, STATUSES, columns_of
from backend.exports import kinds

AT_ONCE = 1000
Cells = dict[str, str]


def wanted_of(filters: Mapping[str, Any]) -> Wanted:
    """Of the list's filters, as JSON."""
    plain: dict[str, Any] = {name: filters.get(name) for name in ("q", "status", "level", "type", "tag", "in_pool")}
    box: dict[str, Any] = {name: filters.get(name) for name in ("south", "west", "north", "east")}
    for name in ("owner", "department"):
        plain[f"{name}_id"] = UUID(filters[name]) if filters.get(name) else None
    return Wanted(within=bounds(crs=filters.get("crs", "wgs84"), **box), **plain)


def _check(actor: Actor, filters: Mapping[str, Any]) -> None:
    wanted_of(filters)


def _columns(actor: Actor, filters: Mapping[str, Any]) -> list[kinds.Column]:
    return [
        kinds.Column(column.field, column.heading, CLASSES.get(column.field, ()))
        for column in columns_of(actor.company_id)
    ]


def _count(actor: Actor, filters: Mapping[str, Any]) -> int:
    return count_customers(actor=actor, wanted=wanted_of(filters))


def _portions(actor: Actor, filters: Mapping[str, Any], keys: Sequence[str]) -> Iterator[list[list[str]]]:
    wanted, after = wanted_of(filters), None
    while rows := page_of_customers(actor=actor, wanted=wanted, limit=AT_ONCE, after=after):
        cells = cells_of(rows)
        yield [[cells[row.pk].get(key, "") for key in keys] for row in rows]
        if len(rows) < AT_ONCE:
            return
        after = position_of(rows[-1], wanted.sort)


def cells_of(customers: Sequence[Customer]) -> dict[UUID, Cells]:
    """Every column that says something, as text, in four queries however many they are."""
    made = {customer.pk: _main(customer) for customer in customers}
    departments = dict(Customer.objects.filter(pk__in=made).values_list("pk", "department__name"))
    for pk, name in departments.items():
        made[pk]["department_name"] = name
    for contact in _first(Contact, made, CONTACTS):
        key = f"contact{contact.place}_"
        told = {"name": contact.name, "position": contact.position, "phone": contact.phone, "email": contact.email}
        made[contact.customer_id] |= {key + name: text for name, text in told.items()}
    for place in _first(CustomerPlace, made, PLACES):
        key = f"place{place.place}_"
        told = {"name": place.name, "address": place.address, **_point(place.lat, place.lng)}
        made[place.customer_id] |= {key + name: text for name, text in told.items()}
    return made


def _main(customer: Customer) -> Cells:
    owner = customer.owner
    return {
        "code": customer.code,
        "name": customer.name,
        "status": STATUSES[customer.status],
        "level": customer.level,
        "type": customer.type,
        "source": customer.source,
        "tags": ",".join(customer.tags),
        "credit_code": customer.credit_code,
        "phone": customer.phone,
        "address": customer.address,
        **(_point(customer.lat, customer.lng) if customer.lat is not None and customer.lng is not None else {}),
        "geofence_m": str(customer.geofence_m),
        "owner": owner.number if owner else "",
        "owner_name": owner.name if owner else "",
        **{DETAIL + key: text_of(value) for key, value in customer.details.items()},
    }


def text_of(value: Any) -> str:
    """Of an own field; whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _point(lat: float, lng: float) -> Cells:
    return {"lat": repr(lat), "lng": repr(lng), "crs": DATUMS["wgs84"]}


def _first(model: Any, customers: Mapping[UUID, Any], most: int) -> Any:
    """The oldest parts of each, numbered from 1 as `place`."""
    number = Window(RowNumber(), partition_by=F("customer_id"), order_by=[F("created_at"), F("pk")])
    rows = model.objects.filter(customer_id__in=list(customers)).annotate(place=number)
    return rows.filter(place__lte=most)


CUSTOMERS = kinds.Kind(
    key="customers",
    name=bilingual("客户", "customers"),
    capabilities=("customer.export", "customer.read"),
    resource="customer",
    check=_check,
    columns=_columns,
    count=_count,
    portions=_portions,
)

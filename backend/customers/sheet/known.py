"""What the company has, as a portion of a file is compared with it: so many queries, however many rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.core.actor import Actor, Scope
from backend.customers import details, rules
from backend.customers.dictionary import choices_of
from backend.customers.models import Contact, CoOwner, Customer, CustomerField, CustomerImportRow, CustomerPlace
from backend.directory.models import Employee


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    department_id: UUID
    number: str


@dataclass(slots=True)
class House:
    """Read once for a run."""

    actor: Actor
    own: dict[str, CustomerField]
    people: dict[str, Person]
    """By number, those to whom the actor may give a customer."""
    numbers: dict[UUID, str]
    words: dict[str, dict[str, str]]
    """{column: {code or name of an entry: code}}, where the company has a dictionary."""

    @property
    def compares_phones(self) -> bool:
        return self.actor.sees("customer_contact")


@dataclass(slots=True)
class Known:
    """Of one portion."""

    by_code: dict[str, Customer] = field(default_factory=dict)
    by_credit: dict[str, Customer] = field(default_factory=dict)
    by_name: dict[str, list[Customer]] = field(default_factory=dict)
    seen: set[UUID] = field(default_factory=set)
    co_owned: set[UUID] = field(default_factory=set)
    contacts: dict[UUID, list[Contact]] = field(default_factory=dict)
    places: dict[UUID, list[CustomerPlace]] = field(default_factory=dict)


def house_of(actor: Actor) -> House:
    rows = Employee.objects.filter(company_id=actor.company_id, is_active=True)
    if actor.scope(Customer.resource) != Scope.COMPANY:
        rows = rows.filter(Q(pk=actor.person_id) | Q(department_id__in=actor.departments(Customer.resource)))
    everybody = Employee.objects.filter(company_id=actor.company_id).values_list("pk", "number")
    people = {
        number.lower(): Person(pk, department_id, number)
        for pk, department_id, number in rows.values_list("pk", "department_id", "number")
    }
    return House(actor, details.fields_of(actor.company_id), people, dict(everybody), _words(actor.company_id))


def _words(company_id: UUID) -> dict[str, dict[str, str]]:
    """A code goes before a name that is the same."""
    return {
        column: {**{name: entry.code for entry in entries for name in (entry.name, entry.name_en) if name}}
        | {entry.code: entry.code for entry in entries}
        for column, entries in choices_of(company_id).items()
    }


def known_of(house: House, rows: Sequence[CustomerImportRow], *, lock: bool = False) -> Known:
    """Every customer that a row of these may mean; `lock` holds them until the caller's transaction ends."""
    actor = house.actor
    codes = {row.cells["code"] for row in rows if row.cells.get("code")}
    credits = {row.cells["credit_code"].upper() for row in rows if row.cells.get("credit_code")}
    names = {rules.name_key(row.cells["name"]) for row in rows if row.cells.get("name")}
    same = Q(code__in=codes) | Q(credit_code__in=credits - {""}, deleted_at=None)
    same |= Q(name_key__in=names, deleted_at=None) | Q(pk__in=[row.customer_id for row in rows if row.customer_id])
    found = Customer.objects.filter(same, company_id=actor.company_id).order_by("pk")
    found = found.select_for_update() if lock else found.defer("grams", "search_text")
    known = Known()
    customers = {customer.pk: customer for customer in found}
    for customer in customers.values():
        known.by_code[customer.code] = customer
        if customer.deleted_at is None:
            known.by_name.setdefault(customer.name_key, []).append(customer)
            if customer.credit_code:
                known.by_credit[customer.credit_code] = customer
    known.seen = set(Customer.objects.visible_to(actor).filter(pk__in=customers).values_list("pk", flat=True))
    if actor.employee_id is not None:
        mine = CoOwner.objects.filter(customer_id__in=customers, employee_id=actor.employee_id)
        known.co_owned = set(mine.values_list("customer_id", flat=True))
    _gather(known.contacts, Contact.objects.filter(customer_id__in=customers))
    _gather(known.places, CustomerPlace.objects.filter(customer_id__in=customers))
    return known


def _gather(into: dict[UUID, list[Any]], rows: Any) -> None:
    ordered: Iterable[Any] = rows.order_by("created_at", "pk")
    for row in ordered:
        into.setdefault(row.customer_id, []).append(row)

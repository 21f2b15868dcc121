"""Customers that may be the same as another."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.core.actor import Actor
from backend.core.search import bigrams
from backend.customers import rules
from backend.customers.models import Contact, Customer
from backend.customers.selectors import get_customer

MOST = 20
MOST_GRAMS = 8


class Alike(StrEnum):
    CREDIT_CODE = "credit_code"
    NAME = "name"
    PHONE = "phone"
    CONTACT_PHONE = "contact_phone"
    """Of one of its people."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """`customer` is None for one the actor does not see: then he learns that it exists, and why it was found."""

    customer: Customer | None
    reasons: list[Alike]


def find_duplicates(
    *, actor: Actor, name: str = "", credit_code: str = "", phone: str = "", except_id: UUID | None = None
) -> list[Duplicate]:
    """At most MOST, visible ones first. A telephone is compared only for who may see those of customers."""
    actor.require("customer.read")
    keys = alike(actor=actor, name=name, credit_code=credit_code, phone=phone)
    if not keys:
        return []
    same = Q()
    for column, value in keys.values():
        same |= Q(**{column: value})
    number = keys[Alike.PHONE][1] if Alike.PHONE in keys else ""
    if number:
        same |= Q(grams__contains=bigrams(number)[:MOST_GRAMS], search_text__contains=number)
    rows = Customer.objects.filter(same, company_id=actor.company_id, deleted_at=None)
    if except_id is not None:
        rows = rows.exclude(pk=except_id)
    found = {row.pk: row for row in rows.select_related("owner").order_by("-created_at", "-id")[: MOST * 5]}
    seen = set(Customer.objects.visible_to(actor).filter(pk__in=found).values_list("pk", flat=True))
    reached = _reached_by(number, found) if number else set()
    duplicates = []
    for pk, row in found.items():
        reasons = [reason for reason, (column, value) in keys.items() if getattr(row, column) == value]
        reasons += [Alike.CONTACT_PHONE] if pk in reached else []
        if reasons:  # a longer number may only hold this one
            duplicates.append(Duplicate(row if pk in seen else None, reasons))
    return sorted(duplicates, key=lambda each: each.customer is None)[:MOST]


def _reached_by(number: str, customers: Iterable[UUID]) -> set[UUID]:
    """Those of whose people one has this telephone, however it is written."""
    rows = Contact.objects.filter(customer_id__in=[*customers]).exclude(phone="")
    return {pk for pk, phone in rows.values_list("customer_id", "phone") if rules.phone_key(phone) == number}


def check_duplicates(
    *, actor: Actor, name: str, credit_code: str, phone: str, except_id: UUID | None
) -> list[Duplicate]:
    """As `find_duplicates`, of a customer that is about to be entered or is there as `except_id`; NotFound for one
    that the actor does not see."""
    if except_id is not None:
        get_customer(actor=actor, customer_id=except_id)
    return find_duplicates(actor=actor, name=name, credit_code=credit_code, phone=phone, except_id=except_id)


def alike(*, actor: Actor, name: str, credit_code: str, phone: str) -> dict[Alike, tuple[str, str]]:
    """{why: (column, value)} by which another customer would be taken for the same."""
    keys = {
        Alike.CREDIT_CODE: ("credit_code", credit_code),
        Alike.NAME: ("name_key", rules.name_key(name) if name else ""),
        Alike.PHONE: ("phone_key", rules.phone_key(phone) if actor.sees("customer_contact") else ""),
    }
    return {reason: pair for reason, pair in keys.items() if pair[1]}


def as_json(duplicate: Duplicate) -> dict[str, Any]:
    """What the actor may know of it."""
    row = duplicate.customer
    shown = None
    if row is not None:
        owner = {"id": str(row.owner_id), "name": row.owner.name} if row.owner is not None else None
        shown = {"id": str(row.pk), "code": row.code, "name": row.name, "status": row.status, "owner": owner}
    return {"customer": shown, "reasons": [str(reason) for reason in duplicate.reasons]}

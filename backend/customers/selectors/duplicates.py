"""Customers that may be the same as another."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.core.actor import Actor
from backend.customers import rules
from backend.customers.models import Customer
from backend.customers.selectors import get_customer

MOST = 20


class Alike(StrEnum):
    CREDIT_CODE = "credit_code"
    NAME = "name"
    PHONE = "phone"


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
    rows = Customer.objects.filter(same, company_id=actor.company_id, deleted_at=None)
    if except_id is not None:
        rows = rows.exclude(pk=except_id)
    found = {row.pk: row for row in rows.select_related("owner").order_by("-created_at", "-id")[: MOST * 5]}
    seen = set(Customer.objects.visible_to(actor).filter(pk__in=found).values_list("pk", flat=True))
    duplicates = [
        Duplicate(
            row if pk in seen else None,
            [reason for reason, (column, value) in keys.items() if getattr(row, column) == value],
        )
        for pk, row in found.items()
    ]
    return sorted(duplicates, key=lambda each: each.customer is None)[:MOST]


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

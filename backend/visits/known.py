"""What a visit may tell its reader of the customer: the name is on it, all else is for who sees the customer itself,
and how much money it has promised for who made the visit or sees what is paid."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, Value, When

from backend.core.actor import Actor
from backend.core.fields import hidden_fields
from backend.customers.models import Customer
from backend.visits.models import PaymentPromise


def known_customers(actor: Actor, customer_ids: Iterable[UUID]) -> set[UUID]:
    """Those of them that the actor sees."""
    if not (wanted := set(customer_ids)) or not actor.may("customer.read"):
        return set()
    return set(Customer.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))


def known_fact(actor: Actor, name: str) -> Any:
    """A text of the customer of visits or plans, in a query; empty where the actor does not see the customer."""
    nothing = Value("", CharField())
    if not actor.may("customer.read"):
        return nothing
    seen = Customer.objects.visible_to(actor).filter(pk=OuterRef("customer_id"))
    return Case(When(Exists(seen), then=F(f"customer__{name}")), default=nothing)


def sees_promises(actor: Actor, owner_id: UUID) -> bool:
    """Whether the amounts promised at visits of this person are shown to the actor; null where they are not."""
    return actor.employee_id == owner_id or not hidden_fields(PaymentPromise, sees=actor.sees)

"""The plain queries. Lists and search are in `listing`, the map in `maps`, the view from all sides in `overview`."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.core.actor import Actor, Scope
from backend.core.errors import NotFound
from backend.customers.models import Contact, CoOwner, Customer, CustomerField, CustomerPlace, DictionaryEntry


def get_customer(*, actor: Actor, customer_id: UUID) -> Customer:
    """One that was merged leads to the one that stands for it: a phone may know it by its old id for days.

    Raises NotFound, also for a hidden one.
    """
    actor.require("customer.read")
    rows: Any = Customer.objects.select_related("owner")
    try:
        customer: Customer = rows.get_visible(actor, customer_id)
    except NotFound:
        customer = rows.get_visible(actor, _standing_for(actor, customer_id))
    return customer


def list_recycled(*, actor: Actor) -> QuerySet[Customer]:
    """In the recycle bin: the actor's own and those within his data scope, the last thrown away first."""
    actor.require("customer.write")
    rows: QuerySet[Customer] = Customer.objects.filter(company_id=actor.company_id, deleted_at__isnull=False)
    if actor.scope(Customer.resource) != Scope.COMPANY:
        rows = rows.filter(Q(owner_id=actor.person_id) | Q(department_id__in=actor.departments(Customer.resource)))
    return rows.select_related("owner", "merged_into").order_by("-deleted_at", "-id")


def list_contacts(*, actor: Actor, customer_id: UUID) -> QuerySet[Contact]:
    """Newest first. Raises NotFound where the customer is hidden."""
    customer = get_customer(actor=actor, customer_id=customer_id)
    return Contact.objects.filter(company_id=actor.company_id, customer=customer).order_by("-created_at", "-id")


def list_places(*, actor: Actor, customer_id: UUID) -> QuerySet[CustomerPlace]:
    """Beside the customer's own, newest first. Raises NotFound where the customer is hidden."""
    customer = get_customer(actor=actor, customer_id=customer_id)
    return CustomerPlace.objects.filter(company_id=actor.company_id, customer=customer).order_by("-created_at", "-id")


def list_co_owners(*, customer: Customer) -> QuerySet[CoOwner]:
    """Of a customer the caller has found visible."""
    return CoOwner.objects.filter(customer=customer).select_related("employee").order_by("employee__name", "pk")


def list_fields(*, actor: Actor) -> QuerySet[CustomerField]:
    """The company's own fields that are in use, in the order of the form."""
    actor.require("customer.read")
    rows = CustomerField.objects.filter(company_id=actor.company_id, is_active=True)
    return rows.order_by("position", "key")


def list_entries(*, actor: Actor, kind: str) -> QuerySet[DictionaryEntry]:
    """The company's own words that are in use, in their order; none where any text will do. Raises NotFound."""
    actor.require("customer.read")
    if kind not in DictionaryEntry.Kind.values:
        raise NotFound()
    rows = DictionaryEntry.objects.filter(company_id=actor.company_id, kind=kind, is_active=True)
    return rows.order_by("position", "code")


def _standing_for(actor: Actor, customer_id: UUID) -> UUID:
    """Follows merges; asks only about what is in the bin."""
    seen = {customer_id}
    merged = Customer.objects.filter(company_id=actor.company_id, deleted_at__isnull=False, merged_into__isnull=False)
    while (into := merged.filter(pk=customer_id).values_list("merged_into_id", flat=True).first()) is not None:
        if into in seen:
            break
        seen.add(into)
        customer_id = into
    return customer_id

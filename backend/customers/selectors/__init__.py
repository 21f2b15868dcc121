"""The plain queries. Lists and search are in `listing`, what lies around a point in `maps`."""

from uuid import UUID

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.customers.models import Contact, Customer


def get_customer(*, actor: Actor, customer_id: UUID) -> Customer:
    """Raises NotFound, also for a hidden one."""
    actor.require("customer.read")
    customer: Customer = Customer.objects.select_related("owner").get_visible(actor, customer_id)
    return customer


def list_contacts(*, actor: Actor, customer_id: UUID) -> QuerySet[Contact]:
    """Newest first. Raises NotFound where the customer is hidden."""
    customer = get_customer(actor=actor, customer_id=customer_id)
    return Contact.objects.filter(company_id=actor.company_id, customer=customer).order_by("-created_at", "-id")

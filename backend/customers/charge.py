"""Who answers for a customer."""

from uuid import UUID

from backend.core.actor import Actor
from backend.customers.errors import NotInCharge
from backend.customers.models import CoOwner, Customer


def customer_in_charge(actor: Actor, customer_id: UUID) -> Customer:
    """The locked customer for whom the actor answers; NotFound where he does not even see it."""
    actor.require("customer.write")
    customer: Customer = Customer.objects.select_related("owner").get_visible(actor, customer_id, lock=True)
    if not customer.in_charge(actor) and not _co_owns(actor, customer):
        raise NotInCharge()
    return customer


def _co_owns(actor: Actor, customer: Customer) -> bool:
    me = actor.employee_id
    return me is not None and CoOwner.objects.filter(customer=customer, employee_id=me).exists()

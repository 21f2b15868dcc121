"""Who looks after a customer: the public pool (公海)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.customers.errors import AlreadyClaimed, NotInCharge
from backend.customers.models import Customer
from backend.events import services as events


@transaction.atomic
def claim_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Out of the public pool into the actor's hands. Twice is once; of two at once one wins.

    Raises AlreadyClaimed for a customer that somebody took out of the pool, where everybody had seen it; NotFound for
    any other that the actor does not see.
    """
    actor.require("customer.write")
    customer = (
        Customer.objects.select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk=customer_id, company_id=actor.company_id, deleted_at=None)
        .first()
    )
    if customer is None:
        raise NotFound()
    if customer.owner_id == actor.person_id:
        return customer
    if not customer.in_pool:
        seen = customer.claimed_at is not None or Customer.objects.visible_to(actor).filter(pk=customer_id).exists()
        raise AlreadyClaimed() if seen else NotFound()
    customer.change(owner_id=actor.person_id, department_id=actor.home_id, claimed_at=at)
    after = {"owner_id": str(customer.owner_id)}
    events.record("customer.claimed", customer, actor=actor, at=at, before={"owner_id": None}, after=after)
    return customer


@transaction.atomic
def release_customer(*, actor: Actor, customer_id: UUID, at: datetime) -> Customer:
    """Into the public pool. Twice is once."""
    actor.require("customer.write")
    customer: Customer = Customer.objects.get_visible(actor, customer_id, lock=True)
    if customer.in_pool:
        return customer
    if not customer.in_charge(actor):
        raise NotInCharge()
    before = {"owner_id": str(customer.owner_id)}
    customer.change(owner=None)
    events.record("customer.released", customer, actor=actor, at=at, before=before, after={"owner_id": None})
    return customer

"""What belongs to a customer: its contacts."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused
from backend.core.ids import new_id
from backend.customers.charge import customer_in_charge
from backend.customers.finding import find_again
from backend.customers.models import Contact
from backend.events import services as events


@transaction.atomic
def add_contact(
    *,
    actor: Actor,
    customer_id: UUID,
    id: UUID | None = None,
    name: str,
    position: str = "",
    phone: str = "",
    email: str = "",
    at: datetime,
) -> tuple[Contact, bool]:
    """The new contact and True; sent again, the stored one and False. Raises IdReused."""
    customer = customer_in_charge(actor, customer_id)
    contact = Contact(
        id=id or new_id(),
        company_id=actor.company_id,
        customer=customer,
        name=name,
        position=position,
        phone=phone,
        email=email,
        created_at=at,
    )
    if stored := Contact.objects.filter(pk=contact.pk).first():
        if any(getattr(stored, field) != getattr(contact, field) for field in Contact.CONTENT):
            raise IdReused()
        return stored, False
    contact.save(force_insert=True)
    find_again(customer)
    events.record("customer.contact_added", customer, actor=actor, at=at, contact=str(contact.pk), name=name)
    return contact, True

"""Writes: the customer itself (`keeping`), what belongs to it (`parts`), who looks after it (`pool`)."""

from backend.customers.services.keeping import (
    Changes,
    Place,
    change_customer,
    create_customer,
    put_customer,
    recycle_customer,
)
from backend.customers.services.parts import add_contact
from backend.customers.services.pool import claim_customer, release_customer

__all__ = [
    "Changes",
    "Place",
    "add_contact",
    "change_customer",
    "claim_customer",
    "create_customer",
    "put_customer",
    "recycle_customer",
    "release_customer",
]

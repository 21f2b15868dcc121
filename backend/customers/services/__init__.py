"""Writes: the customer itself (`keeping`), what belongs to it (`parts`), who looks after it (`pool`), two that are one
(`merging`)."""

from backend.customers.services.keeping import (
    Changes,
    Place,
    change_customer,
    create_customer,
    put_customer,
    put_field,
    recycle_customer,
)
from backend.customers.services.merging import follow_late, merge_customers, restore_customer
from backend.customers.services.parts import (
    ContactChanges,
    PlaceChanges,
    add_contact,
    add_place,
    change_contact,
    change_place,
    remove_contact,
    remove_place,
)
from backend.customers.services.pool import (
    assign_customer,
    claim_customer,
    release_customer,
    return_idle,
    set_pool_rules,
    share_customer,
)

__all__ = [
    "Changes",
    "ContactChanges",
    "Place",
    "PlaceChanges",
    "add_contact",
    "add_place",
    "assign_customer",
    "change_contact",
    "change_customer",
    "change_place",
    "claim_customer",
    "create_customer",
    "follow_late",
    "merge_customers",
    "put_customer",
    "put_field",
    "recycle_customer",
    "release_customer",
    "remove_contact",
    "remove_place",
    "restore_customer",
    "return_idle",
    "set_pool_rules",
    "share_customer",
]

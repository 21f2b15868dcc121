"""Writes: the customer itself (`keeping`), what belongs to it (`parts`), who looks after it (`pool`), two that are one
(`merging`), many at once (`many`), the company's words (`dictionaries`), files (`imports`)."""

from backend.customers.services.dictionaries import put_entry
from backend.customers.services.keeping import (
    Changes,
    Place,
    change_customer,
    create_customer,
    put_customer,
    put_field,
    recycle_customer,
    tag_customer,
)
from backend.customers.services.many import assign_many, release_many, share_many, tag_many
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
    "assign_many",
    "change_contact",
    "change_customer",
    "change_place",
    "claim_customer",
    "create_customer",
    "follow_late",
    "merge_customers",
    "put_customer",
    "put_entry",
    "put_field",
    "recycle_customer",
    "release_customer",
    "release_many",
    "remove_contact",
    "remove_place",
    "restore_customer",
    "return_idle",
    "set_pool_rules",
    "share_customer",
    "share_many",
    "tag_customer",
    "tag_many",
]

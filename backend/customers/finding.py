"""The columns by which a customer is found."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from backend.customers import rules
from backend.customers.models import Customer

KEYED = ("name", "code", "phone")
"""What of a customer its search keys are made of, besides its contacts."""
SEARCH_COLUMNS = {field.name for field in fields(rules.SearchKeys)}


def search_columns(columns: Mapping[str, Any], present: Customer | None = None) -> dict[str, Any]:
    """None where nothing changes of what they are made of."""
    if present is not None and not columns.keys() & KEYED:
        return {}
    keyed = {key: columns.get(key, getattr(present, key, "")) for key in KEYED}
    people = present.contacts.order_by("pk").values_list("name", "phone") if present is not None else ()
    return asdict(rules.search_keys(**keyed, contacts=people))


def find_again(customer: Customer) -> None:
    """After its contacts have changed; the caller holds its lock."""
    customer.change(**search_columns({name: getattr(customer, name) for name in KEYED}, customer))

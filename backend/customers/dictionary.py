"""Whether what is said of a customer is among the company's own words."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from backend.customers.errors import UnknownEntry
from backend.customers.models import Customer, DictionaryEntry

Kind = DictionaryEntry.Kind
KINDS = {"level": Kind.LEVEL, "type": Kind.TYPE, "source": Kind.SOURCE, "tags": Kind.TAG}
"""By the column of a customer."""
Choices = Mapping[str, list[DictionaryEntry]]
SHOWN = 20


def choices_of(company_id: UUID, columns: Iterable[str] = KINDS) -> dict[str, list[DictionaryEntry]]:
    """{column: entries in use, in their order}; a column whose list is empty is left out: it takes any text."""
    kinds = {KINDS[column]: column for column in columns}
    found: dict[str, list[DictionaryEntry]] = {}
    rows = DictionaryEntry.objects.filter(company_id=company_id, kind__in=kinds, is_active=True)
    for entry in rows.order_by("position", "code"):
        found.setdefault(kinds[Kind(entry.kind)], []).append(entry)
    return found


def require_known(company_id: UUID, columns: Mapping[str, Any], present: Customer | None) -> None:
    """What is new is to be in the dictionary; what the customer has already may stay. Raises UnknownEntry."""
    said = {column: new for column in KINDS if column in columns and (new := _new(column, columns, present))}
    if not said:
        return
    choices = choices_of(company_id, said)
    wrong = {column: new for column, new in said.items() if column in choices and new - codes(choices[column])}
    if wrong:
        told = {column: [entry.code for entry in choices[column]] for column in wrong}
        names = {column: "、".join(entry.label for entry in choices[column][:SHOWN]) for column in wrong}
        raise UnknownEntry(fields={column: f"{UnknownEntry.message} {names[column]}" for column in wrong}, choices=told)


def codes(entries: Iterable[DictionaryEntry]) -> set[str]:
    return {entry.code for entry in entries}


def _new(column: str, columns: Mapping[str, Any], present: Customer | None) -> set[str]:
    def as_set(value: Any) -> set[str]:
        return {text for text in (value if isinstance(value, list) else [value]) if text}

    return as_set(columns[column]) - (as_set(getattr(present, column)) if present is not None else set())

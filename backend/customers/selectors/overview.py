"""A customer from all sides: figures of what the rooms above hang on it, and one timeline of it all."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.core.actor import Actor
from backend.customers import around
from backend.customers.models import Contact, Customer
from backend.customers.selectors import get_customer, list_contacts
from backend.events.models import Event

HISTORY = "history"
CONTACTS_SHOWN = 5
PRIVATE = {"phone"}
"""Of a change told to nobody who may not see the telephones of customers."""
Position = tuple[datetime, str, str]
"""Of a line: when, of which source, and its id there."""


@dataclass(frozen=True, slots=True)
class Overview:
    customer: Customer
    contacts: list[Contact]
    figures: dict[str, Any]
    """By the key of the facet; None where the actor may not see it."""


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is the key of the facet, or `history` for what was done to the customer itself."""

    at: datetime
    kind: str
    id: str
    title: str
    status: str
    who: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def position(self) -> Position:
        return self.at, self.kind, self.id


def overview(*, actor: Actor, customer_id: UUID) -> Overview:
    """In a constant number of queries. Raises NotFound, also for a hidden one."""
    customer = get_customer(actor=actor, customer_id=customer_id)
    contacts = list(list_contacts(actor=actor, customer_id=customer.pk)[:CONTACTS_SHOWN])
    figures = {
        facet.key: facet.overview(actor=actor, rows=facet.visible_to(actor, customer.pk))
        if actor.may(facet.capability)
        else None
        for facet in around.registered()
        if facet.overview is not None
    }
    return Overview(customer, contacts, figures)


def timeline(*, actor: Actor, customer_id: UUID, limit: int, after: Position | None = None) -> list[Line]:
    """At most `limit` lines, newest first, behind `after`; one query for each source. Raises NotFound."""
    customer = get_customer(actor=actor, customer_id=customer_id)
    lines = [*_history(actor, customer, limit, after)]
    for facet in around.registered():
        if facet.entry is not None and actor.may(facet.capability):
            rows = _older(facet.visible_to(actor, customer.pk), facet.happened, facet.key, after)
            rows = rows.select_related(*facet.related).order_by(f"-{facet.happened}", "-pk")
            lines += [_line(facet, row) for row in rows[:limit]]
    # Of one moment: sources in the order of their keys, and in each the newest first.
    lines.sort(key=lambda line: line.id, reverse=True)
    lines.sort(key=lambda line: line.kind)
    lines.sort(key=lambda line: line.at, reverse=True)
    return lines[:limit]


def _history(actor: Actor, customer: Customer, limit: int, after: Position | None) -> Iterator[Line]:
    facts = Event.objects.filter(subject_type=Customer._meta.label_lower, subject_id=customer.pk)
    rows = _older(facts.filter(company_id=actor.company_id), "at", HISTORY, after)
    for event in rows.select_related("actor").order_by("-at", "-pk")[:limit]:
        data = event.data if actor.sees("customer_contact") else _without_private(event.data)
        who = event.actor.name if event.actor else ""
        title = event.name.partition(".")[2]
        yield Line(event.at, HISTORY, f"{event.pk:020d}", title, "", who, data)


def _line(facet: around.Facet, row: Any) -> Line:
    assert facet.entry is not None
    told = facet.entry(row)
    return Line(getattr(row, facet.happened), facet.key, str(row.pk), told.title, told.status, row.owner.name)


def _older(rows: Any, column: str, kind: str, after: Position | None) -> Any:
    """Rows behind the position, where at one moment sources come in the order of their keys."""
    if after is None:
        return rows
    at, last_kind, last_id = after
    older = Q(**{f"{column}__lt": at})
    if kind == last_kind:
        older |= Q(**{column: at, "pk__lt": last_id})
    elif kind > last_kind:
        older |= Q(**{column: at})
    return rows.filter(older)


def _without_private(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: each for key, each in value.items() if key not in PRIVATE} if isinstance(value, dict) else value
        for name, value in data.items()
    }

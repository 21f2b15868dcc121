"""What the rooms above hang on a customer. Filled by each app's `ready()`; read by overview, timeline, merging and the
return to the pool, none of which knows what a visit or an order is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.documents.models import Document


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline, for people."""

    title: str
    status: str
    """A stable code."""


@dataclass(frozen=True, slots=True)
class Facet:
    """Documents of one type that are about a customer, by their field `customer`."""

    key: str
    model: type[Document]
    capability: str
    """Who has it not sees neither these rows nor their figures."""
    order: int
    """In which they are locked and moved when customers are merged."""
    overview: Callable[..., Any] | None = None
    """Called with `actor` and the visible `rows` of one customer: JSON, in a constant number of queries."""
    happened: str = ""
    """The column that says when; without it they are in no timeline and count for no activity."""
    entry: Callable[[Any], Entry] | None = None
    related: tuple[str, ...] = ("owner",)

    def rows_of(self, customer_id: Any, *, since: datetime | None = None) -> QuerySet[Any]:
        """All of this customer's, or, for an expression, of each."""
        documents: Any = self.model.objects
        rows = documents.filter(customer_id=customer_id, deleted_at=None)
        found: QuerySet[Any] = rows.filter(**{f"{self.happened}__gte": since}) if since else rows
        return found

    def visible_to(self, actor: Actor, customer_id: Any) -> QuerySet[Any]:
        rows: Any = self.model.objects.visible_to(actor)
        found: QuerySet[Any] = rows.filter(customer_id=customer_id)
        return found


_facets: dict[str, Facet] = {}


def register(facet: Facet) -> None:
    _facets[facet.key] = facet


def registered() -> list[Facet]:
    return sorted(_facets.values(), key=lambda facet: (facet.order, facet.key))

"""What an app tells the engine about its documents; the engine knows nothing else of them.

Filled by each app's `ready()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.directory import kinds
from backend.documents.models import Document

MANAGER_STEP: dict[str, Any] = {
    "key": "manager",
    "name_zh": "直属主管",
    "name_en": "Direct manager",
    "approvers": {"source": "direct_manager"},
    "mode": "any",
}
FINANCE_STEP: dict[str, Any] = {
    "key": "finance",
    "name_zh": "财务",
    "name_en": "Finance",
    "approvers": {"source": "role", "value": "finance"},
    "mode": "any",
    "conditions": [{"field": "amount", "op": "gt", "value": "5000"}],
}


class Settle(Protocol):
    """Runs in the decision's transaction; `document` is locked, `actor` is whoever decided or withdrew."""

    def __call__(self, *, actor: Actor, document: Any, at: datetime) -> None: ...


class Screen(Protocol):
    """JSON blocks by name for the decision screen. `document` was read with `related`; the actor sees it."""

    def __call__(self, *, actor: Actor, document: Any) -> dict[str, Any]: ...


def no_blocks(*, actor: Actor, document: Any) -> dict[str, Any]:
    return {}


def no_summary(document: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class DocumentType:
    model: type[Document]
    name: str
    """Bilingual."""
    facts: Callable[[Any], Mapping[str, Any]]
    """What the conditions of a flow may ask about, as JSON values; amounts as strings."""
    title: Callable[[Any], str]
    """One line by which people recognise the document."""
    on_approved: Settle
    on_rejected: Settle
    on_withdrawn: Settle
    summary: Callable[[Any], Mapping[str, Any]] = no_summary
    """JSON kept with the approval: what the document said when it was submitted, shown in lists."""
    screen: Screen = no_blocks
    related: tuple[str, ...] = ()
    """For `select_related` when the document is read for its screen."""
    default_steps: Sequence[Mapping[str, Any]] = (MANAGER_STEP, FINANCE_STEP)
    """What a new company's flow says. A type that states no `amount` must give its own."""

    @property
    def label(self) -> str:
        return self.model._meta.label_lower


_types: dict[str, DocumentType] = {}


def register(document_type: DocumentType) -> None:
    _types[document_type.label] = document_type
    kinds.register(document_type.label)


def get(label: str) -> DocumentType:
    """Raises NotFound for what nobody registered: the label may come from a phone."""
    if label not in _types:
        raise NotFound()
    return _types[label]


def registered() -> list[DocumentType]:
    return list(_types.values())

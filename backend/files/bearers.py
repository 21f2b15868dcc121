"""What files hang on: who sees a visit sees its photos, wherever he stands, and only some see exactly where.

Filled by each app's `ready()`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from backend.core.actor import Actor


class Look(Protocol):
    def __call__(self, *, actor: Actor, attachment_id: UUID, at: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Bearer:
    """What hangs on it may tell in its original exactly where somebody was."""

    seen: Callable[[Actor], "QuerySet[Any]"]
    """Rows that the actor sees and that hold the file `OuterRef("pk")`."""
    holds: Callable[[UUID], bool]
    """Whether this file hangs on any row, seen or not."""
    look: Look
    """Whether the actor may see exactly where this file was made; the look is written down, in his transaction."""


_bearers: list[Bearer] = []


def register(bearer: Bearer) -> None:
    _bearers.append(bearer)


def shown_to(actor: Actor) -> Q:
    """Files that hang on something he sees."""
    seen = Q(pk__in=[])
    for bearer in _bearers:
        seen |= Q(Exists(bearer.seen(actor)))
    return seen


def holds(attachment_id: UUID) -> bool:
    return any(bearer.holds(attachment_id) for bearer in _bearers)


def look(attachment_id: UUID, *, actor: Actor, at: datetime) -> bool:
    return any(bearer.look(actor=actor, attachment_id=attachment_id, at=at) for bearer in _bearers)

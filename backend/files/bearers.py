"""What files hang on: who sees a visit sees its photos, wherever he stands.

Filled by each app's `ready()`.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, Q, QuerySet

from backend.core.actor import Actor

Bearer = Callable[[Actor], "QuerySet[Any]"]
"""Of rows that the actor sees and that hold the file `OuterRef("pk")`."""
_bearers: list[Bearer] = []


def register(bearer: Bearer) -> None:
    _bearers.append(bearer)


def shown_to(actor: Actor) -> Q:
    """Files that hang on something he sees."""
    seen = Q(pk__in=[])
    for bearer in _bearers:
        seen |= Q(Exists(bearer(actor)))
    return seen

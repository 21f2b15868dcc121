"""Who besides attachments keeps files in the storage: each names what lies behind a signed address of the local one.

Filled by each app's `ready()`.
"""

from collections.abc import Callable
from uuid import UUID

from backend.files.storage import Stored

Keeper = Callable[[UUID, str], Stored | None]
"""By the id and the last part of the key."""
_keepers: list[Keeper] = []


def register(keeper: Keeper) -> None:
    _keepers.append(keeper)


def kept(id: UUID, variant: str) -> Stored | None:
    return next((found for keeper in _keepers if (found := keeper(id, variant)) is not None), None)

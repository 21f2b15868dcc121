"""What a person may hold and how it gets another holder. Filled by each app's `ready()`, read by handovers alone.

A holding runs inside the handover's transaction, in the order of `order`: approvals before documents, as everywhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Model, QuerySet

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.text import bilingual
from backend.directory.models import Employee
from backend.directory.models.handovers import HandoverItem

Why = HandoverItem.Why


class UnknownHolding(Invalid):
    code = "unknown_holding"
    message = bilingual("没有这类移交内容。", "Nobody holds things of this kind.")


@dataclass(frozen=True, slots=True)
class Case:
    """The handover, or the undoing of it, that is under way."""

    actor: Actor
    handover_id: UUID
    leaver: Employee
    at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """A row that has a new holder; `before` and `after` are JSON, and enough to put it back exactly."""

    row_id: Any
    label: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Move(Protocol):
    """The rows are locked and still held by the leaver; none has an obstacle. Also records what happened to each."""

    def __call__(self, *, case: Case, rows: Sequence[Any], successor: Employee) -> list[Moved]: ...


class PutBack(Protocol):
    """Put back what still is where the handover put it; {item's key: why it stays} for everything else."""

    def __call__(self, *, case: Case, items: Sequence[HandoverItem]) -> dict[int, HandoverItem.Why]: ...


def no_customer(row: Any) -> None:
    return None


def no_obstacle(*, rows: Sequence[Any], successor: Employee) -> dict[Any, HandoverItem.Why]:
    return {}


def nothing_first(leaver: Employee, at: datetime) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Holding:
    key: str
    name: str
    """Bilingual."""
    order: int
    rows: Callable[[Employee, datetime], QuerySet[Any]]
    """What this person holds at this moment."""
    move: Move
    put_back: PutBack
    label: Callable[[Any], str] = str
    customer_of: Callable[[Any], UUID | None] = no_customer
    """The customer it is about: it goes where that customer goes."""
    obstacles: Callable[..., dict[Any, HandoverItem.Why]] = no_obstacle
    """Called with `rows` and `successor`: {row's key: why it cannot be his}."""
    lock_first: Callable[[Employee, datetime], None] = nothing_first
    """What must be locked before the rows."""
    unfinished: bool = False
    """Somebody must go on with it: worth a word before it changes hands."""
    document: type[Model] | None = None
    """The type of document that changes hands."""


Caution = tuple[str, str, Callable[[Employee], int]]
_holdings: dict[str, Holding] = {}
_cautions: list[Caution] = []


def register(holding: Holding) -> None:
    _holdings[holding.key] = holding


def caution(code: str, text: str, count: Callable[[Employee], int]) -> None:
    """What a person should know before he hands over somebody's work; said where `count` is not zero."""
    _cautions[:] = [*(known for known in _cautions if known[0] != code), (code, text, count)]


def cautions() -> list[Caution]:
    return list(_cautions)


def registered() -> list[Holding]:
    """In the order in which they are locked and moved."""
    return sorted(_holdings.values(), key=lambda holding: (holding.order, holding.key))


def get(key: str) -> Holding:
    """Raises UnknownHolding."""
    if key not in _holdings:
        raise UnknownHolding(fields={"kinds": key})
    return _holdings[key]


def name_of(key: str) -> str:
    """For people; the key itself where nobody registers it any longer."""
    return str(_holdings[key].name) if key in _holdings else key


def in_order(keys: Iterable[str]) -> list[str]:
    """As they are moved; what nobody registers any longer comes last."""
    places = {holding.key: place for place, holding in enumerate(registered())}
    return sorted(keys, key=lambda key: (places.get(key, len(places)), key))


def locked(holding: Holding, leaver: Employee, at: datetime) -> list[Any]:
    """What he holds, in sorted order, until the transaction ends; what somebody else took meanwhile is not among it."""
    holding.lock_first(leaver, at)
    rows = holding.rows(leaver, at).select_for_update(no_key=True, of=("self",)).order_by("pk")
    return list(rows)

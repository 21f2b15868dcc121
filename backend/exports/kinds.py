"""What can be exported. Filled by each app's `ready()`; the mechanism knows nothing of customers or visits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from backend.core.actor import Actor, Scope
from backend.core.fields import classes_of
from backend.core.workbooks import Cell

Filters = Mapping[str, Any]
"""JSON, as the kind's operation of the API has checked it."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    heading: str
    """In both languages, so that the file may come back as an import, whoever reads it."""
    classes: tuple[str, ...] = ()
    """Of `directory.roles.FIELDS`: whoever does not see all of these gets a file without the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    key: str
    name: str
    """Of the sheet and of the file, in both languages."""
    capabilities: tuple[str, ...]
    """All of these, when it is asked for, made and fetched."""
    resource: str
    """Whose data scope says which rows there are."""
    check: Callable[[Actor, Filters], object]
    """Raises what is wrong with filters that a schema lets through, while somebody waits for the answer."""
    columns: Callable[[Actor, Filters], Sequence[Column]]
    count: Callable[[Actor, Filters], int]
    portions: Callable[[Actor, Filters, Sequence[str]], Iterator[Sequence[Sequence[Cell]]]]
    """The rows that the actor sees, with the cells of the columns named, in portions that each are read by their own
    keyset queries: no transaction and no cursor stays open between them."""


NAMES: dict[str, str] = {}
"""By key, for whoever puts kinds into words."""
_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.key] = kind
    NAMES[kind.key] = kind.name


def named(key: str) -> Kind:
    return _kinds[key]


def shown_to(actor: Actor, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if all(map(actor.sees, column.classes))]


class Reach(NamedTuple):
    """What somebody may see of a kind: for whoever sees less by now the file is no longer."""

    classes: list[str]
    scope: str
    departments: list[str]

    @classmethod
    def of(cls, actor: Actor, kind: Kind, columns: Sequence[Column] = ()) -> "Reach":
        classes = sorted({each for column in columns for each in column.classes})
        return cls(classes, actor.scope(kind.resource), sorted(map(str, actor.departments(kind.resource))))

    def within(self, actor: Actor, kind: Kind) -> bool:
        """Whether the actor sees all of it now."""
        now = Reach.of(actor, kind)
        rows = now.scope == Scope.COMPANY or (
            self.scope != Scope.COMPANY and set(self.departments) <= set(now.departments)
        )
        return rows and all(map(actor.may, kind.capabilities)) and all(map(actor.sees, self.classes))


def classes_for(model: Any, field: str) -> tuple[str, ...]:
    """As the model says it, for a `Column`."""
    return classes_of(model).get(field, ())

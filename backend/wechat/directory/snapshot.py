"""What the platform says of a corporation at one moment. Pure: how it was asked is in `reading`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from backend.wechat.errors import Transient

ACTIVE = frozenset({1, 4})
"""Status of a member: 1 active, 4 not yet activated; 2 is disabled and 5 has left (document path 90196)."""


class Inconsistent(Transient):
    """The answers contradict each other or end too early: nothing is concluded from them; asked again later."""


@dataclass(frozen=True, slots=True)
class Party:
    """A department of the platform. `name` is empty where the app may not see it."""

    id: int
    name: str
    parent_id: int
    order: int = 0
    leaders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A member the app may see, in lower case where he is a key. `phone` in E.164; empty where it is not told."""

    user_id: str
    name: str
    party_ids: tuple[int, ...]
    main_party_id: int | None = None
    leads: tuple[int, ...] = ()
    direct_leaders: tuple[str, ...] = ()
    status: int = 1
    phone: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        return self.user_id.lower()

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True)
class Snapshot:
    taken_at: datetime
    """Before the first question."""
    parties: Mapping[int, Party]
    people: Mapping[str, Person]
    """By key."""
    gone: frozenset[str] = frozenset()
    """Keys of whom the platform itself has said that there is nobody, or nobody this app may see."""
    gone_parties: frozenset[int] = frozenset()
    is_whole: bool = False
    """Everything there is: who is not in it is gone."""
    unseen: int = 0
    """Members that exist outside the app's visible range."""


def ordered(parties: Mapping[int, Party]) -> list[Party]:
    """Superiors first. Raises Inconsistent for a circle."""
    placed: dict[int, Party] = {}
    rest = dict(parties)
    while rest:
        ready = [party for party in rest.values() if party.parent_id not in rest]
        if not ready:
            raise Inconsistent("the departments form a circle")
        for party in sorted(ready, key=lambda party: (party.order, party.id)):
            placed[party.id] = rest.pop(party.id)
    return list(placed.values())


def with_leaders(parties: Iterable[Party], people: Iterable[Person]) -> dict[int, Party]:
    """Leaders as the departments name them, else the members who say of themselves that they lead."""
    leading: dict[int, list[str]] = {}
    for person in people:
        for party_id in person.leads:
            leading.setdefault(party_id, []).append(person.key)
    return {
        party.id: party
        if party.leaders
        else Party(party.id, party.name, party.parent_id, party.order, tuple(sorted(leading.get(party.id, ()))))
        for party in parties
    }

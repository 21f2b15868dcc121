"""Search keys and search areas. Pure: no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, degrees, radians

from backend.core.geo import EARTH_RADIUS_M
from backend.core.search import grams, initials, normalised, pinyin


@dataclass(frozen=True, slots=True)
class SearchKeys:
    pinyin: str
    initials: str
    search_text: str
    grams: list[str]


PRIVATE = "\x1f"
"""In `search_text`, between what everybody who sees the customer may search and the telephones. Nobody can type it:
`normalised` takes it for a blank."""


def search_keys(*, name: str, code: str, phone: str, contacts: Iterable[tuple[str, str]] = ()) -> SearchKeys:
    """Of the customer and of its contacts' (name, phone): names, pinyin, initials, code and phones (also without their
    dashes), each findable by any part of it."""
    people = list(contacts)
    spelt, short = pinyin(name), initials(name)
    shown = [name, spelt, short, code]
    for person, _ in people:
        shown += [person, pinyin(person), initials(person)]
    reached = [form for number in (phone, *(number for _, number in people)) for form in (number, digits(number))]
    public, private = (list(filter(None, dict.fromkeys(map(normalised, keys)))) for keys in (shown, reached))
    return SearchKeys(
        spelt, short, PRIVATE.join("\n".join(keys) for keys in (public, private)), grams(*public, *private)
    )


def digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))


@dataclass(frozen=True, slots=True)
class Box:
    south: float
    north: float
    west: float
    east: float


def box_around(lat: float, lng: float, radius_m: float) -> Box:
    """Degrees that hold every point within the radius; every longitude near a pole and across the 180th meridian."""
    dlat = degrees(radius_m / EARTH_RADIUS_M)
    south, north = max(lat - dlat, -90.0), min(lat + dlat, 90.0)
    narrowest = cos(radians(max(abs(south), abs(north))))
    dlng = degrees(radius_m / EARTH_RADIUS_M / narrowest) if narrowest > 1e-6 else 180.0
    if dlng >= 180.0 or lng - dlng < -180.0 or lng + dlng > 180.0:
        return Box(south, north, -180.0, 180.0)
    return Box(south, north, lng - dlng, lng + dlng)

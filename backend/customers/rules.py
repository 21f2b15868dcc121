"""Search keys and search areas. Pure: no database, no clock."""

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


def search_keys(*, name: str, code: str, phone: str) -> SearchKeys:
    """Name, pinyin, initials, code and phone (also without its dashes), each findable by any part of it."""
    spelt, short = pinyin(name), initials(name)
    digits = "".join(filter(str.isdecimal, phone))
    keys = dict.fromkeys(map(normalised, (name, spelt, short, code, phone, digits)))
    return SearchKeys(spelt, short, "\n".join(filter(None, keys)), grams(*keys))


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

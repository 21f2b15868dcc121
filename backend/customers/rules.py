"""Keys by which customers are found and compared, and search areas. Pure: no database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, degrees, radians

from backend.core.geo import EARTH_RADIUS_M
from backend.core.search import grams, initials, normalised, pinyin, trigrams


@dataclass(frozen=True, slots=True)
class SearchKeys:
    pinyin: str
    initials: str
    search_text: str
    grams: list[str]
    name_key: str
    phone_key: str


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
    text = PRIVATE.join("\n".join(keys) for keys in (public, private))
    windows = sorted({*grams(*public, *private), *trigrams(*public, *private)})
    return SearchKeys(spelt, short, text, windows, name_key(name), phone_key(phone))


def digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))


LEGAL_FORMS = ("股份有限公司", "有限责任公司", "有限公司", "公司", "co.,ltd.", "co.ltd", "ltd.", "ltd", "inc.", "gmbh")
"""Folded, longer ones first: two names that differ only in these are taken for one."""
PUNCTUATION = str.maketrans("", "", "()[]{}<>《》〈〉【】「」·•・.,，。、;:!?'\"“”‘’`-_—–/\\&+*#@|~")


def name_key(name: str) -> str:
    """What is left of a name when it is compared: no case, width, blanks, punctuation or legal form.

    `上海联华（超市）有限公司` and `上海联华超市` have one key. A name of nothing else keeps what it has.
    """
    folded = normalised(name)
    for form in LEGAL_FORMS:
        if folded.endswith(form) and len(folded) > len(form):
            return folded.removesuffix(form).translate(PUNCTUATION) or folded
    return folded.translate(PUNCTUATION) or folded


SHORTEST_PHONE = 7


def phone_key(phone: str) -> str:
    """Digits without the prefix of the country; empty for what is too short to tell anybody apart."""
    number = digits(phone).removeprefix("00")
    if len(number) > 11:
        number = number.removeprefix("86")
    return number if len(number) >= SHORTEST_PHONE else ""


CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_credit_code(code: str) -> bool:
    """Whether it is a unified social credit code (统一社会信用代码): GB 32100-2015, 18 characters, the last of which is
    31 minus the sum of the others, each weighed with 3 to the power of its place, modulo 31."""
    if len(code) != 18 or not set(code) <= set(CREDIT_ALPHABET):
        return False
    total = sum(CREDIT_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return CREDIT_ALPHABET[-total % 31] == code[17]


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

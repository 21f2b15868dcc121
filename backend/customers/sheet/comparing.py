"""What a row says beside what is there of its customer. Pure: nothing is asked and nothing is written."""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from backend.core.geo import to_wgs84
from backend.core.sheet_columns import CLEAR
from backend.core.sheet_problems import Problem
from backend.core.sheet_reading import clean, plain
from backend.customers import details, rules
from backend.customers.models import Contact, Customer, CustomerField, CustomerPlace
from backend.customers.services.parts import MOST_PLACES
from backend.customers.sheet.columns import CONTACTS, DATUMS, DETAIL, PLACES, STATUSES
from backend.customers.sheet.exporting import text_of
from backend.customers.sheet.known import House, Known
from backend.customers.sheet.steps import Part, Step

MOST = {"code": 32, "name": 128, "level": 16, "type": 32, "source": 32, "phone": 32, "address": 255}
MOST_OF_CONTACT = {"name": 64, "position": 64, "phone": 32, "email": 254}
MOST_OF_PLACE = {"name": 64, "address": 255}
PATTERNS = {
    "code": re.compile(r"[A-Za-z0-9_.:-]+"),
    "phone": re.compile(r"[0-9+().,;#*-]+"),
    "email": re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+"),
    "geofence_m": re.compile(r"[0-9]{2,4}"),
}
DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
SHOWN = 64
_STATUS_WORDS = {
    plain(word).lower(): code for code, both in STATUSES.items() for word in (code, both, *both.split(" / "))
}
_DATUM_WORDS = {plain(word).lower().replace("-", ""): code for code, word in DATUMS.items()}


def compared(step: Step, house: House, known: Known) -> Step:
    """Problems that the cells had from the start count only where they would change something."""
    _texts(step)
    for name in ("level", "type", "source"):
        _in_words(step, house, name)
    _status(step)
    _tags(step, house)
    _credit_code(step, known)
    _place(step)
    _geofence(step)
    _owner(step, house)
    _details(step, house)
    _parts(step, known)
    trapped = {change["field"] for change in step.changes}
    step.problems += [Problem(**told) for told in step.row.traps if told["column"] in trapped]
    return step


def _texts(step: Step) -> None:
    for name in ("code", "name", "level", "type", "source", "phone", "address"):
        present = getattr(step.customer, name) if step.customer else ""
        _differs(step, step.columns, name, name, present, MOST[name], is_needed=name in ("code", "name"))


def _differs(
    step: Step, columns: dict[str, Any], cell: str, name: str, present: str, most: int, *, is_needed: bool = False
) -> None:
    """A text. What says the same as before, however it is written, is left."""
    text = step.text(cell)
    after = "" if text == CLEAR and not is_needed else text
    alike = plain if name in PATTERNS else clean
    if not text or alike(after) == alike(present):
        return
    if len(after) > most:
        step.fault(cell, "too_long", most=most)
    elif after and name in PATTERNS and not PATTERNS[name].fullmatch(after):
        step.fault(cell, "bad_value", value=after[:SHOWN])
    columns[name] = after
    step.note(cell, present, after)


def _in_words(step: Step, house: House, name: str) -> None:
    """What changes is said in the company's own words, by code or by name."""
    present = getattr(step.customer, name) if step.customer else ""
    words = house.words.get(name)
    if words is None or not (said := step.columns.get(name)):
        return
    if said not in words:
        step.fault(name, "unknown_entry", value=said[:SHOWN], choices=_offered(words))
    elif (code := words[said]) != said:
        step.changes = [change for change in step.changes if change["field"] != name]
        del step.columns[name]
        if code != present:
            step.columns[name] = code
            step.note(name, present, code)


def _offered(words: dict[str, str]) -> str:
    return "、".join([*dict.fromkeys(words.values())][:20])


def _status(step: Step) -> None:
    if not (text := step.text("status")):
        return
    wanted = _STATUS_WORDS.get(text.lower())
    present = step.customer.status if step.customer else Customer.Status.PROSPECT
    if wanted is None:
        step.fault("status", "bad_value", value=text[:SHOWN])
    elif wanted != present:
        step.columns["status"] = wanted
        step.note("status", str(present) if step.customer else "", wanted)


def _tags(step: Step, house: House) -> None:
    if not (text := step.text("tags")):
        return
    wanted = [] if text == CLEAR else sorted({tag.strip() for tag in re.split(r"[,，;；、|]", text) if tag.strip()})
    present = step.customer.tags if step.customer else []
    if (words := house.words.get("tags")) is not None:
        wanted = sorted({words.get(tag, tag) for tag in wanted})
        for tag in wanted:
            if tag not in words and tag not in present:
                step.fault("tags", "unknown_entry", value=tag[:SHOWN], choices=_offered(words))
    if wanted == present:
        return
    if len(wanted) > 20 or any(len(tag) > 32 for tag in wanted):
        step.fault("tags", "too_long", most=32)
    step.columns["tags"] = wanted
    step.note("tags", ",".join(present), ",".join(wanted))


def _credit_code(step: Step, known: Known) -> None:
    if not (text := step.text("credit_code").upper()):
        return
    present, wanted = step.customer.credit_code if step.customer else "", "" if text == CLEAR else text
    if wanted == present:
        return
    other = known.by_credit.get(wanted) if wanted else None
    if wanted and not rules.is_credit_code(wanted):
        step.fault("credit_code", "bad_credit_code", value=wanted[:SHOWN])
    elif other is not None and other.pk in known.seen:
        step.fault("credit_code", "credit_code_taken", code=other.code)
    elif other is not None:
        step.fault("credit_code", "credit_code_hidden")
    step.columns["credit_code"] = wanted
    step.note("credit_code", present, wanted)


def _place(step: Step) -> None:
    if step.text("lat") == CLEAR or step.text("lng") == CLEAR:
        if step.customer is not None and step.customer.place is not None:
            step.columns |= {"lat": None, "lng": None}
            step.note("lat", repr(step.customer.lat), "")
        return
    point = _point(step, "")
    present = step.customer.place if step.customer else None
    if point is not None and point != present:
        step.columns |= {"lat": point[0], "lng": point[1]}
        step.note("lat", _pair(present), _pair(point))


def _point(step: Step, key: str) -> tuple[float, float] | None:
    """In WGS-84; None where nothing is said, or where a problem has been added."""
    texts = [step.text(f"{key}{name}") for name in ("lat", "lng", "crs")]
    if not any(texts[:2]):
        return None
    if not all(texts):
        step.fault(f"{key}{('lat', 'lng', 'crs')[texts.index('')]}", "incomplete_place")
        return None
    try:
        lat, lng = float(texts[0]), float(texts[1])
    except ValueError:
        lat = lng = 999.0
    datum = _DATUM_WORDS.get(texts[2].lower().replace("-", ""))
    if datum is None:
        step.fault(f"{key}crs", "bad_value", value=texts[2][:SHOWN])
        return None
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        step.fault(f"{key}lat", "bad_value", value=f"{texts[0]}, {texts[1]}"[:SHOWN])
        return None
    return to_wgs84(lat, lng, datum)  # type: ignore[arg-type]


def _geofence(step: Step) -> None:
    if not (text := step.text("geofence_m")):
        return
    metres = int(text) if PATTERNS["geofence_m"].fullmatch(text) else 0
    present = str(step.customer.geofence_m) if step.customer else ""
    if text == present:
        return
    if not 20 <= metres <= 5000:
        step.fault("geofence_m", "bad_value", value=text[:SHOWN])
    step.columns["geofence_m"] = metres
    step.note("geofence_m", present, text)


def _owner(step: Step, house: House) -> None:
    text, customer = step.text("owner"), step.customer
    if not text:
        return
    before = house.numbers.get(customer.owner_id, "") if customer and customer.owner_id else ""
    if text.lower() == before.lower() or (text == CLEAR and customer is not None and customer.owner_id is None):
        return
    person = house.people.get(text.lower())
    if text != CLEAR and person is None:
        step.fault("owner", "unknown_employee", value=text[:SHOWN])
        return
    step.columns["owner_id"] = person.id if person else None
    if person is not None:
        step.columns["department_id"] = person.department_id
    step.note("owner", before, "" if person is None else person.number)


def _details(step: Step, house: House) -> None:
    present = step.customer.details if step.customer else {}
    given: dict[str, Any] = {}
    for key, own in house.own.items():
        if text := step.text(DETAIL + key):
            value = None if text == CLEAR else _typed(own, text)
            if value != present.get(key):
                given[key] = value
    if not given and step.customer is not None:
        return
    values, wrong = details.judged(house.own, given=given, present=present)
    for key, code in wrong.items():
        text = step.text(DETAIL + key)
        step.fault(DETAIL + key, "required" if code == "missing" else "bad_value", value=text[:SHOWN])
    if values != present:
        step.columns["details"] = values
        for key, value in given.items():
            step.note(DETAIL + key, text_of(present.get(key, "")), "" if value is None else text_of(value))


def _typed(own: CustomerField, text: str) -> Any:
    if own.kind == CustomerField.Kind.NUMBER:
        try:
            return float(text.replace(",", ""))
        except ValueError:
            return text
    if own.kind == CustomerField.Kind.DAY and (day := DAY.fullmatch(text)):
        return f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}"
    return text


# Contacts and further places


def _parts(step: Step, known: Known) -> None:
    pk = step.customer.pk if step.customer else None
    contacts = known.contacts.get(pk, []) if pk else []
    people = _by_name(contacts)
    for place in range(1, CONTACTS + 1):
        _contact(step, f"contact{place}_", people)
    places = known.places.get(pk, []) if pk else []
    branches = _by_name(places)
    for place in range(1, PLACES + 1):
        _further(step, f"place{place}_", branches)
    if len(places) + sum(part.row is None for part in step.places) > MOST_PLACES:
        step.fault("place1_name", "too_many_places")


def _contact(step: Step, key: str, there: dict[str, list[Contact]]) -> None:
    name = step.text(f"{key}name")
    if not name:
        if any(step.text(key + other) for other in ("position", "phone", "email")):
            step.fault(f"{key}name", "missing")
        return
    present, columns = _next(there, name), dict[str, Any]()
    for column, most in MOST_OF_CONTACT.items():
        before = getattr(present, column) if present else ""
        _differs(step, columns, key + column, column, before, most, is_needed=column == "name")
    if columns:
        step.contacts.append(Part(present, columns))


def _further(step: Step, key: str, there: dict[str, list[CustomerPlace]]) -> None:
    name, point = step.text(f"{key}name"), _point(step, key)
    if not name:
        if point is not None or step.text(f"{key}address"):
            step.fault(f"{key}name", "missing")
        return
    present, columns = _next(there, name), dict[str, Any]()
    for column, most in MOST_OF_PLACE.items():
        before = getattr(present, column) if present else ""
        _differs(step, columns, key + column, column, before, most, is_needed=column == "name")
    if point is not None and (present is None or point != (present.lat, present.lng)):
        columns |= {"lat": point[0], "lng": point[1]}
        step.note(f"{key}lat", _pair((present.lat, present.lng)) if present else "", _pair(point))
    if present is None and point is None and not step.problems:
        step.fault(f"{key}lat", "incomplete_place")
    if columns:
        step.places.append(Part(present, columns))


P = TypeVar("P", Contact, CustomerPlace)


def _by_name(parts: Iterable[P]) -> dict[str, list[P]]:
    """Oldest first: of two with one name the first set of columns means the first."""
    found: dict[str, list[P]] = {}
    for part in parts:
        found.setdefault(clean(part.name), []).append(part)
    return found


def _next(there: dict[str, list[P]], name: str) -> P | None:
    return there[name].pop(0) if there.get(name) else None


def _pair(point: tuple[float, float] | None) -> str:
    return f"{point[0]:.6f}, {point[1]:.6f}" if point else ""

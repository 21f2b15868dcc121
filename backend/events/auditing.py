"""The trail as an auditor reads it: who did what, to what, and each field before and after, in words.

Whoever may read the trail reads that of his whole company, whatever his data scope: that is what auditing is. Fields of
a class that he does not see are hidden here too, and nothing is found by them.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import CharField, F, ForeignKey, Model, QuerySet, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.core.fields import hidden_fields
from backend.core.text import bilingual
from backend.events.models import FAMILY, Event
from backend.events.wording import NO, YES, field_name, field_of, kind_name, value_name

READ = "audit.read"
LONGEST_SEARCH = timedelta(days=31)
NAMING = ("name", "number", "title", "code")
"""A thing is called by the first of these that it has."""
BARS = "——"


class TooWide(Invalid):
    code = "search_too_wide"
    message = bilingual(
        "按文字、设备、地址或请求号查找时，请指定人员、对象，或不超过 31 天的时间段。",
        "To search by text, device, address or request, name a person, a subject, or at most 31 days.",
    )


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for; None does not matter."""

    person_id: UUID | None = None
    """Who did it."""
    on_behalf_of_id: UUID | None = None
    kind: str | None = None
    """`visit.checked_in`, or all of a family: `visit`."""
    subject_type: str | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    address: str | None = None
    device: str | None = None
    request_id: str | None = None
    text: str | None = None
    """Somewhere in what was recorded."""

    @property
    def is_narrow(self) -> bool:
        """What has no index of its own is only looked for among few events."""
        if self.person_id or self.on_behalf_of_id or self.subject_id:
            return True
        return bool(self.since and self.until and self.until - self.since <= LONGEST_SEARCH)


@dataclass(frozen=True, slots=True)
class Line:
    """One field: `before` only where it changed. None where there is, or was, nothing, and where it is hidden."""

    field: str
    label: str
    before: str | None
    after: str | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class Entry:
    event: Event
    kind_name: str
    subject_type_name: str
    subject_name: str | None
    changes: list[Line]
    details: list[Line]
    """What else was recorded, in `after`."""


def list_events(*, actor: Actor, search: Search) -> QuerySet[Event]:
    """Newest first. Raises Forbidden, TooWide."""
    actor.require(READ)
    rows = Event.objects.filter(company_id=actor.company_id).select_related("actor", "on_behalf_of")
    exact = {
        "actor_id": search.person_id,
        "on_behalf_of_id": search.on_behalf_of_id,
        "subject_type": search.subject_type,
        "subject_id": search.subject_id,
        "at__gte": search.since,
        "at__lt": search.until,
        "address": search.address,
        "device": search.device,
        "request_id": search.request_id,
    }
    slow = (search.address, search.device, search.request_id, search.text)
    if any(slow) and not search.is_narrow:
        raise TooWide(fields={"from": str(TooWide.message)})
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    if search.kind:
        rows = rows.alias(family=FAMILY).filter(family=search.kind.partition(".")[0])
        rows = rows.filter(name=search.kind) if "." in search.kind else rows
    if search.text:
        rows = telling(rows, search.text, sees=actor.sees)
    return rows.order_by("-at", "-id")


def get_event(*, actor: Actor, event_id: int) -> Event:
    """Raises Forbidden, NotFound, also for another company's."""
    event = list_events(actor=actor, search=Search()).filter(pk=event_id).first()
    if event is None:
        raise NotFound()
    return event


def entries(events: Sequence[Event], *, sees: Callable[[str], bool]) -> list[Entry]:
    """For a reader who sees these classes of fields; one query, however many events there are."""
    names = _names_in(events)
    return [_entry(event, names, sees) for event in events]


def _entry(event: Event, names: dict[tuple[str, str], str], sees: Callable[[str], bool]) -> Entry:
    model = _model_of(event)
    hidden = hidden_fields(model, sees=sees)
    said = _Said(model, names, hidden)
    before, after = (_fields(event.data.get(side)) for side in ("before", "after"))
    return Entry(
        event=event,
        kind_name=kind_name(event.name),
        subject_type_name=str(model._meta.verbose_name) if model else event.subject_type,
        subject_name=names.get((event.subject_type, str(event.subject_id))),
        changes=[said.line(key, before.get(key), after.get(key)) for key in dict.fromkeys([*before, *after])],
        details=[said.line(key, None, value) for key, value in event.data.items() if key not in {"before", "after"}],
    )


@dataclass(frozen=True, slots=True)
class _Said:
    model: Any
    names: dict[tuple[str, str], str]
    hidden: frozenset[str]

    def line(self, key: str, before: Any, after: Any) -> Line:
        label = field_name(self.model, key)
        if key in self.hidden:
            return Line(key, label, None, None, hidden=True)
        return Line(key, label, self.words(key, before), self.words(key, after), hidden=False)

    def words(self, key: str, value: Any) -> str | None:
        """One value for people: names for ids, labels for codes, hidden parts struck out."""
        if value is None or value in ("", [], {}):
            return None
        match value:
            case bool():
                return str(YES if value else NO)
            case list():
                return "、".join(self.words(key, item) or BARS for item in value)
            case dict():
                return "；".join(f"{field_name(self.model, name)} {self._part(name, value[name])}" for name in value)
            case _:
                return self._scalar(key, str(value))

    def _part(self, name: str, value: Any) -> str:
        return BARS if name in self.hidden else self.words(name, value) or BARS

    def _scalar(self, key: str, text: str) -> str:
        field = field_of(self.model, key)
        if isinstance(field, ForeignKey):
            return self.names.get((field.related_model._meta.label_lower, text), text)
        return value_name(self.model, key, text)


def _fields(side: Any) -> dict[str, Any]:
    """One side of a change; what is no set of fields is a value without a name."""
    if isinstance(side, dict):
        return side
    return {} if side is None else {"value": side}


def _model_of(event: Event) -> Any:
    """None where the type is no longer there."""
    try:
        return apps.get_model(event.subject_type)
    except (LookupError, ValueError):
        return None


def _names_in(events: Sequence[Event]) -> dict[tuple[str, str], str]:
    """What all subjects, and whatever else is pointed to, are called: {(type, id as text): name}."""
    wanted: dict[type[Model], set[str]] = {}
    for event in events:
        if (model := _model_of(event)) is None:
            continue
        wanted.setdefault(model, set()).add(str(event.subject_id))
        for key, value in _scalars(event.data):
            field = field_of(model, key)
            if isinstance(field, ForeignKey):
                wanted.setdefault(field.related_model, set()).add(value)
    company_id = events[0].company_id if events else None
    asked = [rows for model, ids in wanted.items() if (rows := _naming(model, ids, company_id)) is not None]
    if not asked:
        return {}
    found = asked[0].union(*asked[1:], all=True) if len(asked) > 1 else asked[0]
    return {(label, pk): name for label, pk, name in found if name}


def _naming(model: type[Model], ids: set[str], company_id: UUID | None) -> QuerySet[Any, Any] | None:
    columns = {field.name for field in model._meta.concrete_fields}
    naming = next((name for name in NAMING if name in columns), None)
    pks = [pk for pk in map(_as_uuid, ids) if pk is not None]
    if naming is None or not pks or "company" not in columns or not isinstance(model._meta.pk, UUIDField):
        return None
    rows = model._base_manager.filter(company_id=company_id, pk__in=pks).order_by()
    label = Value(model._meta.label_lower, output_field=CharField())
    return rows.values_list(label, Cast("pk", CharField()), Cast(F(naming), CharField()))


def _scalars(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, item in value.items():
                yield from _scalars(item, name)
        case list():
            for item in value:
                yield from _scalars(item, key)
        case str():
            yield key, value


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def telling(rows: QuerySet[Event], text: str, *, sees: Callable[[str], bool]) -> QuerySet[Event]:
    """Events whose strings hold the text, somewhere that is not hidden from the reader."""
    hidden = sorted(set().union(*(hidden_fields(model, sees=sees) for model in apps.get_models())))
    path = _STRINGS % "|".join(hidden) if hidden else _STRINGS % "$.^"  # which no key is
    whole, escaped = _like(text), _like(json.dumps(text, ensure_ascii=False)[1:-1])
    return rows.alias(holds=RawSQL(_HOLDS, (escaped, path, whole))).filter(holds=True)  # noqa: S611


def _like(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


_STRINGS = (
    """$.** ? (@.type() == "object").keyvalue() ? (!(@.key like_regex "^(%s)$")).value[*] ? (@.type() == "string")"""
)
"""A jsonpath to every string that stands under none of these names."""
_HOLDS = """(events_event.data::text ILIKE %s AND EXISTS (
    SELECT FROM jsonb_path_query(events_event.data, %s::jsonpath) AS said WHERE said #>> '{}' ILIKE %s))"""
"""The first look is cheap and true of whatever the second finds."""

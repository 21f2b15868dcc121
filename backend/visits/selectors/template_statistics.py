"""What the answers to a template add up to, over the visits that the actor sees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection

from backend.core.actor import Actor
from backend.directory.selectors import subtree_of
from backend.visits import progress
from backend.visits.errors import PeriodTooLong
from backend.visits.known import known_fact, sees_promises
from backend.visits.models import TemplateVersion, Visit, VisitTemplate
from backend.visits.rules.actions import Action, Kind
from backend.visits.rules.forms import fields_of
from backend.visits.selectors import bounds_of
from backend.visits.selectors.templates import template_of

MOST_DAYS = 366
MOST_ROWS = 200
"""Of products, of brands and of the values of one field; those named most often."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ActionFigures:
    """Lists are empty where the kind has none of it."""

    action: Action
    """As the newest version says that has it."""
    answered: int = 0
    """Visits with an answer that counts; of photos, with one at least that is not refused."""
    late: int = 0
    missing: int = 0
    """Visits that are over and lack it, where it is required."""
    photos: int = 0
    fields: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    brands: list[Row] = field(default_factory=list)
    promised: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TemplateFigures:
    template: VisitTemplate
    visits: int
    completed: int
    incomplete: int
    """Completed ones that lack a required action."""
    actions: list[ActionFigures]


def statistics(
    *,
    actor: Actor,
    template_id: UUID,
    first: date,
    last: date,
    owner_id: UUID | None = None,
    department_id: UUID | None = None,
    level: str | None = None,
) -> TemplateFigures:
    """Of visits begun from the first to the last day, both included, that follow any version of the template; those of
    a department with all below it.

    In a constant number of queries. Raises NotFound, PeriodTooLong.
    """
    actor.require("visit.read")
    if not 0 <= (last - first).days < MOST_DAYS:
        raise PeriodTooLong()
    template = template_of(actor, template_id)
    actions: dict[str, Action] = {}
    versions = TemplateVersion.objects.filter(template=template).order_by("number").values_list("actions", flat=True)
    fields: dict[str, Row] = {}
    for version in versions:
        actions |= {action["key"]: action for action in version}
        fields |= {name: about for action in version for name, about in _fields(action)}
    since, until = bounds_of(actor=actor, first=first, last=last)
    seen: Any = Visit.objects.visible_to(actor).filter(
        template_version__template=template, started_at__gte=since, started_at__lt=until
    )
    if level is not None:
        seen = seen.annotate(at_level=known_fact(actor, "level"))
    within = subtree_of(department_id) if department_id else None
    chosen = {"owner_id": owner_id, "department_id__in": within, "at_level": level}
    seen = seen.filter(**{name: value for name, value in chosen.items() if value is not None})
    read = _Reader(seen, fields)
    counts = read.one(
        "SELECT count(*) AS visits, count(*) FILTER (WHERE status = 'completed') AS completed,"
        " count(*) FILTER (WHERE status = 'completed' AND missing_actions <> '{}') AS incomplete FROM seen"
    )
    answered = read.by_key(_ANSWERED)
    missing = read.by_key(_MISSING)
    photos = read.by_key(_PHOTOS)

    def given(action: Action) -> Row:
        return (photos if action["kind"] == Kind.PHOTO else answered).get(action["key"], {})

    lists = {"products": read.lists(_PRODUCTS), "brands": read.lists(_BRANDS), "promised": read.lists(_PROMISED)}
    for row in chain.from_iterable(lists["promised"].values()):
        if not all(sees_promises(actor, owner) for owner in row.pop("owners")):
            row["total"] = None
    values, numbers = read.lists(_VALUES), read.lists(_NUMBERS)
    return TemplateFigures(
        template,
        **counts,
        actions=[
            ActionFigures(
                action,
                answered=given(action).get("visits", 0),
                late=given(action).get("late", 0),
                missing=missing.get(key, {}).get("visits", 0),
                photos=photos.get(key, {}).get("photos", 0),
                fields=list(_of_fields(key, fields, numbers.get(key, ()), values.get(key, ()))),
                **{name: rows.get(key, [])[:MOST_ROWS] for name, rows in lists.items()},
            )
            for key, action in actions.items()
        ],
    )


def _fields(action: Action) -> Iterator[tuple[str, Row]]:
    """The fields of a form that can be counted or added up, as `action.field`."""
    for name, about in fields_of(action["form_schema"] or {}).items():
        listed = about.get("items", {}) if about["type"] == "array" else about
        told = {"action": action["key"], "name": name, "title": about.get("title", name)}
        if "enum" in listed or listed.get("type") == "boolean":
            yield f"{action['key']}.{name}", told | {"kind": "choice"}
        elif about["type"] in ("number", "integer"):
            yield f"{action['key']}.{name}", told | {"kind": "number"}


def _of_fields(key: str, fields: dict[str, Row], numbers: Sequence[Row], values: Sequence[Row]) -> Iterator[Row]:
    figures = {row["field"]: row for row in numbers}
    for about in fields.values():
        if about["action"] == key:
            name = about["name"]
            chosen = [{"value": row["value"], "count": row["count"]} for row in values if row["field"] == name]
            yield {**_NO_NUMBERS, **figures.get(name, {}), **about, "values": chosen[:MOST_ROWS]}


_NO_NUMBERS = {"count": 0, "minimum": None, "maximum": None, "average": None, "total": None}
_COUNTING = "FROM seen JOIN visits_actionanswer answer ON answer.visit_id = seen.id AND answer.counts"
_ANSWERED = f"""SELECT answer.key, count(*) AS visits, count(*) FILTER (WHERE answer.is_late) AS late
    {_COUNTING} GROUP BY 1"""
_MISSING = """SELECT lacking AS key, count(*) AS visits
    FROM seen CROSS JOIN LATERAL unnest(seen.missing_actions) AS lacking WHERE status = 'completed' GROUP BY 1"""
_PHOTOS = f"""SELECT action->>'key' AS key, count(DISTINCT seen.id) AS visits, count(*) AS photos,
        count(DISTINCT seen.id) FILTER (WHERE photo.is_late) AS late
    FROM seen JOIN visits_templateversion version ON version.id = seen.template_version_id
    CROSS JOIN LATERAL jsonb_array_elements(version.actions) AS action
    JOIN visits_visitphoto photo ON photo.visit_id = seen.id AND photo.tag = action->'photo'->>'tag'
    JOIN files_attachment file ON file.id = photo.attachment_id AND {progress.IS_PHOTO}
    WHERE action->>'kind' = 'photo' GROUP BY 1"""  # noqa: S608
_FORM = f"""{_COUNTING} AND answer.kind = 'form'
    CROSS JOIN LATERAL jsonb_each(answer.value) AS said"""
_NUMBERS = f"""SELECT answer.key, said.key AS field, count(*), min(number)::float8 AS minimum,
        max(number)::float8 AS maximum, avg(number)::float8 AS average, sum(number)::float8 AS total
    {_FORM} CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof(said.value) = 'number' THEN said.value::numeric END) AS
        found (number)
    WHERE number IS NOT NULL AND answer.key || '.' || said.key = ANY(%(numbers)s) GROUP BY 1, 2"""
_VALUES = f"""SELECT answer.key, said.key AS field, one.value #>> '{{}}' AS value, count(*)
    {_FORM} CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(said.value) WHEN 'array' THEN said.value ELSE jsonb_build_array(said.value) END) AS one
    WHERE answer.key || '.' || said.key = ANY(%(choices)s) GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3"""
_PRODUCTS = f"""SELECT answer.key, line.product_id, product.code, product.name, product.unit, count(*),
        count(*) FILTER (WHERE line.out_of_stock) AS out_of_stock, avg(line.quantity)::float8 AS average_quantity,
        avg(line.facings)::float8 AS average_facings
    {_COUNTING} AND answer.kind = 'stock'
    CROSS JOIN LATERAL jsonb_to_recordset(answer.value->'lines')
        AS line (product_id uuid, quantity numeric, facings integer, out_of_stock boolean)
    JOIN catalog_product product ON product.id = line.product_id
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 3"""
_BRANDS = f"""SELECT answer.key, item.value->>'brand' AS brand, item.value->'price'->>'currency' AS currency, count(*),
        min((item.value->'price'->>'amount')::numeric) AS lowest,
        max((item.value->'price'->>'amount')::numeric) AS highest
    {_COUNTING} AND answer.kind = 'competitor'
    CROSS JOIN LATERAL jsonb_array_elements(answer.value->'items') AS item
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2, 3"""
_PROMISED = """SELECT answer.key, promise.currency, count(*), sum(promise.amount) AS total,
        array_agg(DISTINCT seen.owner_id) AS owners
    FROM seen JOIN visits_paymentpromise promise ON promise.visit_id = seen.id
    JOIN visits_actionanswer answer ON answer.id = promise.answer_id GROUP BY 1, 2 ORDER BY 2"""


class _Reader:
    """Queries over the visits `seen`, which each of them begins with."""

    def __init__(self, seen: Any, fields: dict[str, Row]) -> None:
        columns = ("id", "owner_id", "template_version_id", "status", "missing_actions")
        self.sql, self.params = seen.values(*columns).query.sql_with_params()
        self.kinds = {
            kind: [name for name, about in fields.items() if about["kind"] == told]
            for kind, told in (("numbers", "number"), ("choices", "choice"))
        }

    def rows(self, sql: str) -> list[Row]:
        named = {f"seen_{place}": value for place, value in enumerate(self.params)}
        seen = self.sql % tuple(f"%({name})s" for name in named)
        with connection.cursor() as cursor:
            cursor.execute(f"WITH seen AS ({seen}) {sql}", {**named, **self.kinds})
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, sql: str) -> Row:
        return self.rows(sql)[0]

    def by_key(self, sql: str) -> dict[str, Row]:
        return {row["key"]: row for row in self.rows(sql)}

    def lists(self, sql: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows(sql):
            found.setdefault(row["key"], []).append(row)
        return found

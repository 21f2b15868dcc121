"""Forms: the part of JSON Schema that is understood, what is refused of it, and what is said of an answer."""

import pytest
from django.utils import translation

from backend.visits.rules.forms import MOST_BYTES, answer_faults, schema_faults
from backend.visits.rules.patterns import MOST_MATCHED, fits, pattern_fault
from tests.support.visit_templates import SHELF


def of(**fields):
    return {"type": "object", "properties": fields}


def nested(depth):
    schema = {"type": "string"}
    for _ in range(depth):
        schema = of(inner=schema)
    return schema


def text(**more):
    return {"type": "string", **more}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"$ref": "http://127.0.0.1:9/schema.json"}, "type"),
        (of(a={"$ref": "file:///etc/passwd"}), "properties.a.type"),
        (of(a=text(**{"$ref": "#/properties/b"})), "properties.a.$ref"),
        ({**of(a=text()), "$id": "http://127.0.0.1:9/", "$defs": {}}, "$id"),
        ({**of(a=text()), "$dynamicRef": "#x"}, "$dynamicRef"),
        ({**of(a=text()), "$schema": "http://json-schema.org/draft-07/schema#"}, "$schema"),
        ({**of(a=text()), "patternProperties": {"(a+)+$": {}}}, "patternProperties"),
        ({**of(a=text()), "if": {"properties": {"b": {"const": 1}}}}, "if.properties.b"),
        ({**of(a=text()), "allOf": [{"then": {"required": ["c"]}}]}, "allOf.0.then.required"),
        ({**of(a=text()), "dependentRequired": {"a": ["c"]}}, "dependentRequired.a"),
        ({**of(a=text()), "then": {"properties": {"a": {"pattern": "^a$"}}}}, "then.properties.a.pattern"),
        ({**of(a=text()), "additionalProperties": True}, "additionalProperties"),
        (of(a=text(pattern="^(a|aa)+$")), "properties.a.pattern"),
        (of(a=text(format="regex")), "properties.a.format"),
        (of(a=text(format=[])), "properties.a.format"),
        (of(a=text(format={})), "properties.a.format"),
        (of(a=text(minLength="five")), "properties.a.minLength"),
        (of(a={"type": ["string", "null"]}), "properties.a.type"),
        ({**of(a=text()), "allOf": [{"properties": {"a": {"type": "null"}}}]}, "allOf.0.properties.a.type"),
        ({**of(a=text()), "then": {"properties": {"a": {"type": ["null", "string"]}}}}, "then.properties.a.type"),
        (of(a={"type": "array"}), "properties.a.items"),
        (of(a={"type": "array", "items": of(b=text()), "uniqueItems": True}), "properties.a.uniqueItems"),
        (
            {**of(a={"type": "array", "items": text()}), "allOf": [{"properties": {"a": {"uniqueItems": True}}}]},
            "allOf.0.properties.a.uniqueItems",
        ),
        (of(a=text(maximum=3)), "properties.a.maximum"),
        (of(**{f"f{number}": {"type": "boolean"} for number in range(250)}), ""),
        (nested(6), ".".join(["properties.inner"] * 5)),
        (of(a=text(description="长" * MOST_BYTES)), ""),
        (text(), "type"),
        ([], ""),
        (None, ""),
    ],
)
def test_hostile_and_mistaken_schemas_are_refused_by_path(schema, path):
    assert path in schema_faults(schema)


def test_an_honest_one_is_taken():
    rich = of(
        code=text(pattern=r"^[A-Z]{2}\d{6,8}$"),
        day=text(format="date"),
        at=text(format="time"),
        when=text(format="date-time"),
        tags={"type": "array", "items": text(enum=["甲", "乙"]), "uniqueItems": True, "maxItems": 2},
        rows={"type": "array", "items": {**of(name=text(maxLength=5)), "required": ["name"]}},
        price={"type": "number", "exclusiveMinimum": 0},
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "dependentRequired": {"code": ["day"]}}
    assert schema_faults(rich) == schema_faults(SHELF) == {}

    good = {"code": "AB123456", "day": "2026-11-25", "at": "09:30", "when": "2026-11-25T09:30:00+08:00"}
    assert answer_faults(rich, good | {"tags": ["甲"], "rows": [{"name": "一"}], "price": 0.5}) == {}
    wrong = {
        "code": "AB12345\n",
        "at": "25:00",
        "when": "2026-11-25T09:30:00",
        "tags": ["甲", "甲", "乙"],
        "rows": [{"name": "一二三四五六"}, {}],
        "price": 0,
        "more": 1,
    }
    assert set(answer_faults(rich, wrong)) == {
        *("code", "day", "at", "when", "tags", "rows.0.name", "rows.1.name", "price", "more"),
    }


@pytest.mark.parametrize(
    ("answer", "paths"),
    [
        ({"facings": 3, "rival": False}, set()),
        ({"facings": 3, "rival": True}, {"brand"}),
        ({"facings": 3, "rival": True, "brand": "某牌"}, set()),
        ({"facings": "3", "rival": 1}, {"facings", "rival"}),
        ({"facings": True, "rival": False}, {"facings"}),
        ({"facings": 10**16, "rival": False}, {"facings"}),
        ({"facings": 1, "rival": False, "display": "很好"}, {"display"}),
        ({"facings": 1, "rival": False, "brand": "长" * 5000}, {"brand"}),
        ({"facings": 1, "rival": False, "brand": ["长" * 3000] * 20}, {""}),
        ([], {""}),
    ],
)
def test_an_answer_is_held_against_it(answer, paths):
    assert set(answer_faults(SHELF, answer)) == paths


def test_a_list_without_doubles_is_told_as_json_schema_does():
    plain = of(a={"type": "array", "items": {"type": "number"}, "uniqueItems": True})
    assert answer_faults(plain, {"a": [1, 2.5, 10**12]}) == {}
    assert set(answer_faults(plain, {"a": [1, 1.0]})) == {"a"}
    mixed = of(a={"type": "array", "items": {"type": "boolean"}, "uniqueItems": True})
    assert set(answer_faults(mixed, {"a": [True, 1]})) == {"a.1"}


def test_it_is_said_in_both_languages():
    faults = answer_faults(SHELF, {"facings": 501})
    assert [str(text) for text in faults.values()] == ["不得大于 500", "必填"]
    with translation.override("en"):
        assert [str(text) for text in faults.values()] == ["must be at most 500", "is required"]


@pytest.mark.parametrize(
    "pattern",
    [
        "a",
        "^a",
        "^(a)$",
        "^a|b$",
        r"^\1$",
        "^a**$",
        "^a*b*c*d*$",
        "^[z-a]$",
        "^a{2,1}$",
        "^" + "a" * 300 + "$",
        r"^\p$",
    ],
)
def test_patterns_that_could_run_long_or_mean_nothing_are_refused(pattern):
    assert pattern_fault(pattern)


@pytest.mark.parametrize("pattern", [r"^1[3-9]\d{9}$", "^[A-Z]{1,3}-?[0-9]+$", "^[一-龥]{2,4}$", r"^\d{1,3}\.\d{2}$"])
def test_usual_patterns_are_taken(pattern):
    assert pattern_fault(pattern) is None


def test_the_slowest_pattern_on_the_longest_text_ends():
    slowest = "^.*.*.*$"
    assert pattern_fault(slowest) is None
    hardest = "a" * (MOST_MATCHED - 1) + "\n"
    assert not any(fits(slowest, hardest) for _ in range(500))
    assert not fits("^a*$", "a" * (MOST_MATCHED + 1))

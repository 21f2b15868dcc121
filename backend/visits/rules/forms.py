"""Forms: a part of JSON Schema (draft 2020-12) that no phone and no server has trouble with.

A form is an object; its `properties` are declared once, each with one `type`. `if`, `then`, `else`, `allOf` and
`dependentRequired` may only say more about what is declared. What an answer holds beyond is refused. There is no
`$ref`, so nothing is ever fetched; patterns are those of `rules.patterns`. `title` is Chinese, `x-title-en` English.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError
from jsonschema.exceptions import ValidationError as Misfit
from jsonschema.validators import extend

from backend.core.text import bilingual
from backend.visits.rules.form_words import said
from backend.visits.rules.patterns import fits, pattern_fault
from backend.visits.rules.times import is_day, is_moment, is_time_of_day

Faults = dict[str, str]
"""{path with dots: what is wrong there, for people}."""
DRAFT = "https://json-schema.org/draft/2020-12/schema"
MOST_BYTES = 16 * 1024
MOST_DEPTH = 5
MOST_SCHEMAS = 200
MOST_ITEMS = 100
MOST_ANSWER_BYTES = 32 * 1024
MOST_TEXT = 4000
LARGEST = 10**15
"""No number of a form or an answer is beyond it, so that sums stay exact enough."""
MOST_FAULTS = 50

_TOO_LARGE = bilingual("数值过大", "the number is too large")
_TYPES = ("string", "number", "integer", "boolean", "array", "object")
_ANYWHERE = {"type", "title", "x-title-en", "description", "enum", "const"}
_OF_TYPE: dict[str, set[str]] = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": set(),
    "array": {"items", "minItems", "maxItems", "uniqueItems"},
    "object": {
        *("properties", "required", "dependentRequired", "additionalProperties"),
        *("if", "then", "else", "allOf"),
    },
}
_FORMATS = {"date": is_day, "time": is_time_of_day, "date-time": is_moment}
_REFINES = (
    set().union(_ANYWHERE, *_OF_TYPE.values())
    - {"title", "x-title-en", "description", "pattern"}
    - {"additionalProperties", "uniqueItems"}
)


def schema_faults(schema: Any) -> Faults:
    """What keeps it from being a form, by path; nothing where it is one."""
    if len(json.dumps(schema, ensure_ascii=False).encode()) > MOST_BYTES:
        return {"": bilingual(f"表单最大 {MOST_BYTES // 1024} KB", f"a form has at most {MOST_BYTES // 1024} KB")}
    reading = _Reading()
    if isinstance(schema, dict) and schema.get("$schema", DRAFT) != DRAFT:
        reading.fault(("$schema",), bilingual("只支持 2020-12", "only draft 2020-12 is known"))
    body = {name: value for name, value in schema.items() if name != "$schema"} if isinstance(schema, dict) else schema
    reading.declared((), body, depth=1)
    if isinstance(body, dict) and body.get("type") != "object":
        reading.fault(("type",), bilingual("表单须为 object", "a form is an object"))
    for path, value in _leaves(schema, ()):
        if isinstance(value, int | float) and abs(value) > LARGEST:
            reading.fault((path,), _TOO_LARGE)
    if not reading.faults:
        try:
            Draft202012Validator.check_schema(body)
        except SchemaError as exc:  # a value of the wrong form, such as a minimum that is no number
            where = tuple(map(str, exc.absolute_path))
            reading.fault(where, bilingual("取值不符合 JSON Schema", "is not what JSON Schema wants here"))
    return reading.faults


def answer_faults(schema: Mapping[str, Any], answer: Any) -> Faults:
    """Where the answer does not fit the form, by path; nothing where it does."""
    if len(json.dumps(answer, ensure_ascii=False).encode()) > MOST_ANSWER_BYTES:
        most = MOST_ANSWER_BYTES // 1024
        return {"": bilingual(f"答案最大 {most} KB", f"an answer has at most {most} KB")}
    found: Faults = {}
    for path, value in _leaves(answer, ()):
        if isinstance(value, str) and len(value) > MOST_TEXT:
            found[path] = bilingual(f"最多 {MOST_TEXT} 个字符", f"at most {MOST_TEXT} characters")
        if isinstance(value, int | float) and abs(value) > LARGEST:
            found[path] = _TOO_LARGE
    if found:
        return found
    for misfit in _validator(json.dumps(schema, sort_keys=True)).iter_errors(answer):
        for path, text in said(misfit):
            found.setdefault(path, text)
        if len(found) >= MOST_FAULTS:
            break
    return found


def fields_of(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The declared fields of a form."""
    fields: dict[str, dict[str, Any]] = schema.get("properties", {})
    return fields


def canonical(value: Any) -> str:
    """One text for what JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    return json.dumps(_plain(value), sort_keys=True)


class _Reading:
    """One walk over a schema somebody wrote; it stops to go deeper where that would take long."""

    def __init__(self) -> None:
        self.faults: Faults = {}
        self.schemas = 0

    def fault(self, path: tuple[str, ...], text: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.setdefault(".".join(path), text)

    def declared(self, path: tuple[str, ...], schema: Any, *, depth: int) -> None:
        """Of a form or one of its fields: what it is."""
        if not self._may_go_on(path, schema, depth):
            return
        kind = schema.get("type")
        if kind not in _TYPES:
            self.fault((*path, "type"), _one_of(_TYPES))
            return
        self._know(path, schema, _ANYWHERE | _OF_TYPE[kind])
        if kind == "string" and "pattern" in schema:
            pattern = schema["pattern"]
            if text := pattern_fault(pattern) if isinstance(pattern, str) else bilingual("须为文字", "must be text"):
                self.fault((*path, "pattern"), text)
        if kind == "array":
            if "items" not in schema:
                self.fault((*path, "items"), bilingual("必填", "is required"))
            else:
                self.declared((*path, "items"), schema["items"], depth=depth + 1)
                if "uniqueItems" in schema and _mapping(schema["items"]).get("type") in ("array", "object"):
                    self.fault(
                        (*path, "uniqueItems"), bilingual("只用于简单取值的列表", "is for lists of plain values")
                    )
        if kind == "object":
            fields = schema.get("properties")
            if not isinstance(fields, dict) or not fields:
                self.fault((*path, "properties"), bilingual("须声明字段", "must declare fields"))
                return
            for name, field in fields.items():
                self.declared((*path, "properties", name), field, depth=depth + 1)
            self._object(path, schema, fields, depth)

    def refining(self, path: tuple[str, ...], schema: Any, declared: Any, *, depth: int) -> None:
        """Below `if`, `then`, `else` and `allOf`: only more about fields that are declared."""
        if not self._may_go_on(path, schema, depth):
            return
        self._know(path, schema, _REFINES)
        if "type" in schema and schema["type"] not in _TYPES:
            self.fault((*path, "type"), _one_of(_TYPES))
        fields = declared.get("properties", {}) if isinstance(declared, dict) else {}
        for name, field in _mapping(schema.get("properties")).items():
            if name not in fields:
                self.fault((*path, "properties", name), _undeclared())
            else:
                self.refining((*path, "properties", name), field, fields[name], depth=depth + 1)
        if "items" in schema:
            items = declared.get("items") if isinstance(declared, dict) else None
            self.refining((*path, "items"), schema["items"], items, depth=depth + 1)
        self._object(path, schema, fields, depth)

    def _object(self, path: tuple[str, ...], schema: dict[str, Any], fields: dict[str, Any], depth: int) -> None:
        dependent = _mapping(schema.get("dependentRequired"))
        named: dict[tuple[str, ...], Any] = {
            ("required",): schema.get("required"),
            ("dependentRequired",): list(dependent),
        }
        named |= {("dependentRequired", key): names for key, names in dependent.items()}
        for where, names in named.items():
            for name in names if isinstance(names, list) else ():
                if not isinstance(name, str) or name not in fields:
                    self.fault((*path, *where), bilingual(f"没有字段 {name!s:.64}", f"no field {name!s:.64}"))
        if schema.get("additionalProperties", False) is not False:
            self.fault((*path, "additionalProperties"), bilingual("只能为 false", "can only be false"))
        for word in ("if", "then", "else"):
            if word in schema:
                self.refining((*path, word), schema[word], {"properties": fields}, depth=depth + 1)
        alternatives = schema.get("allOf", [])
        for place, each in enumerate(alternatives if isinstance(alternatives, list) else ()):
            self.refining((*path, "allOf", str(place)), each, {"properties": fields}, depth=depth + 1)

    def _may_go_on(self, path: tuple[str, ...], schema: Any, depth: int) -> bool:
        self.schemas += 1
        if not isinstance(schema, dict):
            self.fault(path, bilingual("须为对象", "must be an object"))
        elif depth > MOST_DEPTH:
            self.fault(path, bilingual(f"最多嵌套 {MOST_DEPTH} 层", f"nested deeper than {MOST_DEPTH}"))
        elif self.schemas > MOST_SCHEMAS:
            self.fault((), bilingual(f"最多 {MOST_SCHEMAS} 个子模式", f"more than {MOST_SCHEMAS} schemas"))
        else:
            return True
        return False

    def _know(self, path: tuple[str, ...], schema: dict[str, Any], known: set[str]) -> None:
        for word in schema.keys() - known:
            self.fault((*path, f"{word:.64}"), bilingual("此处不支持该关键字", "this keyword is not supported here"))
        for word in ("title", "x-title-en", "description"):
            if word in schema and not isinstance(schema[word], str):
                self.fault((*path, word), bilingual("须为文字", "must be text"))
        if "format" in schema and schema["format"] not in tuple(_FORMATS):
            self.fault((*path, "format"), _one_of(_FORMATS))


def _undeclared() -> str:
    return bilingual("表单没有声明这个字段", "the form declares no such field")


def _one_of(words: Iterable[str]) -> str:
    listed = ", ".join(words)
    return bilingual(f"须为其一：{listed}", f"must be one of: {listed}")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, (*path, str(place)))
    else:
        yield ".".join(path), value


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """With no room for fields that are not declared, and an end to every list."""
    closed = dict(schema)
    if "properties" in schema:
        closed["additionalProperties"] = False
        closed["properties"] = {name: _closed(field) for name, field in schema["properties"].items()}
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
        closed["maxItems"] = min(MOST_ITEMS, schema.get("maxItems", MOST_ITEMS))
    return closed


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Misfit]:
    if isinstance(instance, str) and not fits(pattern, instance):
        yield Misfit("pattern")


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Misfit]:
    """In one pass; jsonschema compares each item with each other."""
    if wanted and isinstance(instance, list) and len(set(map(canonical, instance))) < len(instance):
        yield Misfit("uniqueItems")


_Validator = extend(Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique_items})
_CHECKER = FormatChecker(formats=())
for _name, _is_one in _FORMATS.items():
    _CHECKER.checks(_name)(lambda value, is_one=_is_one: not isinstance(value, str) or is_one(value))


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    return _Validator(_closed(json.loads(schema)), format_checker=_CHECKER)

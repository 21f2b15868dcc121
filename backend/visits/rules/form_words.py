"""What is wrong with an answer to a form, in both languages; jsonschema says it in English only."""

from collections.abc import Iterator
from typing import Any

from jsonschema.exceptions import ValidationError as Misfit

from backend.core.text import bilingual

_TYPES: dict[str, tuple[str, str]] = {
    "string": ("须为文字", "must be text"),
    "number": ("须为数字", "must be a number"),
    "integer": ("须为整数", "must be a whole number"),
    "boolean": ("须为 true 或 false", "must be true or false"),
    "array": ("须为列表", "must be a list"),
    "object": ("须为对象", "must be an object"),
}
_WORDS: dict[str, tuple[str, str]] = {
    "enum": ("不在选项之中", "is none of the choices"),
    "const": ("取值不符", "is not the value wanted here"),
    "minLength": ("至少 {} 个字符", "at least {} characters"),
    "maxLength": ("最多 {} 个字符", "at most {} characters"),
    "pattern": ("格式不符", "does not have the right form"),
    "format": ("格式须为 {}", "must be a {}"),
    "minimum": ("不得小于 {}", "must be at least {}"),
    "maximum": ("不得大于 {}", "must be at most {}"),
    "exclusiveMinimum": ("须大于 {}", "must be greater than {}"),
    "exclusiveMaximum": ("须小于 {}", "must be less than {}"),
    "minItems": ("至少 {} 项", "at least {} items"),
    "maxItems": ("最多 {} 项", "at most {} items"),
    "uniqueItems": ("各项不得重复", "has an item twice"),
}
_REQUIRED = bilingual("必填", "is required")
_UNKNOWN = bilingual("没有这个字段", "is not a field of this form")


def said(misfit: Misfit) -> Iterator[tuple[str, str]]:
    """Path and message; several where fields are missing or too many."""
    path = tuple(map(str, misfit.absolute_path))
    word, value, instance = str(misfit.validator), misfit.validator_value, misfit.instance
    match word:
        case "required":
            yield from ((_dotted(path, name), _REQUIRED) for name in value if name not in instance)
        case "dependentRequired":
            wanted = {name for key, names in value.items() if key in instance for name in names}
            yield from ((_dotted(path, name), _REQUIRED) for name in sorted(wanted) if name not in instance)
        case "additionalProperties":
            declared = misfit.schema["properties"] if isinstance(misfit.schema, dict) else {}
            yield from ((_dotted(path, name), _UNKNOWN) for name in instance if name not in declared)
        case "type":
            yield _dotted(path), bilingual(*_TYPES[value if isinstance(value, str) else value[0]])
        case _:
            zh, en = _WORDS.get(word, ("无效", "is not valid"))
            yield _dotted(path), bilingual(zh.format(value), en.format(value))


def _dotted(path: tuple[str, ...], *name: Any) -> str:
    return ".".join((*path, *map(str, name)))

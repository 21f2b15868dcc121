"""What is wrong with one field, in both languages. Pydantic words its errors in English only."""

from typing import Any

from backend.core.text import bilingual

_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("必填", "is required"),
    "extra_forbidden": ("没有这个字段", "is not a field of this request"),
    "string_type": ("须为文字", "must be text"),
    "string_too_short": ("至少 {min_length} 个字符", "at least {min_length} characters"),
    "string_too_long": ("最多 {max_length} 个字符", "at most {max_length} characters"),
    "string_pattern_mismatch": ("格式不符", "does not have the right form"),
    "too_short": ("至少 {min_length} 项", "at least {min_length} items"),
    "too_long": ("最多 {max_length} 项", "at most {max_length} items"),
    "greater_than": ("须大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than": ("须小于 {lt}", "must be less than {lt}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "literal_error": ("只能是 {expected}", "must be one of {expected}"),
    "decimal_max_digits": ("最多 {max_digits} 位数字", "at most {max_digits} digits"),
    "decimal_max_places": ("最多 {decimal_places} 位小数", "at most {decimal_places} decimal places"),
    "finite_number": ("须为有限的数", "must be a finite number"),
    "timezone_aware": ("须带时区", "needs an offset"),
    "time_out_of_range": ("须在 2000 年至 2100 年之间", "must lie between 2000 and 2100"),
    "ids_or_up_to_required": ("ids 与 up_to 至少给出一项", "give ids or up_to"),
}
_KINDS: tuple[tuple[str, tuple[str, str]], ...] = (
    ("uuid", ("不是有效的 UUID", "is not a UUID")),
    ("datetime", ("不是有效的时间（RFC 3339）", "is not a moment (RFC 3339)")),
    ("date", ("不是有效的日期（YYYY-MM-DD）", "is not a date (YYYY-MM-DD)")),
    ("int", ("须为整数", "must be a whole number")),
    ("float", ("须为数字", "must be a number")),
    ("decimal", ("须为十进制数", "must be a decimal")),
    ("bool", ("须为 true 或 false", "must be true or false")),
    ("list", ("须为列表", "must be a list")),
    ("dict", ("须为对象", "must be an object")),
    ("model", ("须为对象", "must be an object")),
)
_OTHERWISE = ("无效", "is not valid")


def said(error: dict[str, Any]) -> str:
    """The message of one of Pydantic's errors, in the active language."""
    kind, context = error["type"], error.get("ctx") or {}
    zh, en = _WORDS.get(kind) or next((words for start, words in _KINDS if kind.startswith(start)), _OTHERWISE)
    return str(bilingual(zh.format_map(_Known(context)), en.format_map(_Known(context))))


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"

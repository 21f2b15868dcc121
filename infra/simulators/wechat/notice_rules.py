"""What each kind of value in a subscribe or template message may be; 47003 names the one that is wrong."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from infra.simulators.wechat.errors import error

DATE = r"\d{4}年\d{1,2}月\d{1,2}日"
TIME = r"\d{1,2}:\d{2}(:\d{2})?"


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _is_name(value: str) -> bool:
    """Ten characters, or twenty where all are letters."""
    return len(value) <= (20 if value.isascii() else 10) and not re.search(r"[0-9<>]", value)


def _is_symbol(value: str) -> bool:
    return len(value) <= 5 and not any(unicodedata.category(character)[0] in "LN" for character in value)


RULES: dict[str, Callable[[str], bool]] = {
    "thing": lambda value: len(value) <= 20,
    "number": _matches(r"(?=.{1,32}$)-?\d+(\.\d+)?"),
    "letter": _matches(r"[A-Za-z]{1,32}"),
    "symbol": _is_symbol,
    "character_string": _matches(r"[\x20-\x7e]{1,32}"),
    "time": _matches(rf"({DATE} )?{TIME}(~({DATE} )?{TIME})?|{DATE}(~{DATE})?"),
    "date": _matches(rf"{DATE}( {TIME})?(~{DATE}( {TIME})?)?"),
    "amount": _matches(r"[¥￥$€£]?-?\d{1,10}(\.\d{1,2})?元?"),
    "phone_number": _matches(r"[0-9+\-() ]{1,17}"),
    "car_number": lambda value: len(value) <= 8,
    "name": _is_name,
    "phrase": _matches(r"[\u4e00-\u9fff]{1,5}"),
    "enum": lambda value: len(value) <= 20,
}
FIELD = re.compile(r"([a-z_]+?)\d+")


def check(data: object, fields: list[str]) -> dict[str, Any]:
    """The values, all there, of their kinds, and none that the template does not have."""
    if not isinstance(data, dict):
        raise error(47003, "argument invalid! data is not an object")
    for name in fields:
        if name not in data:
            raise error(47003, f"argument invalid! data.{name}.value is empty")
    for name, item in data.items():
        value = item.get("value") if isinstance(item, dict) else None
        if name not in fields:
            raise error(47003, f"argument invalid! data.{name} is not in the template")
        if not isinstance(value, str) or not value.strip():
            raise error(47003, f"argument invalid! data.{name}.value is empty")
        kind = FIELD.fullmatch(name)
        rule = RULES.get(kind[1]) if kind else None
        if any(unicodedata.category(character) == "Cc" for character in value) or (rule and not rule(value)):
            raise error(47003, f"argument invalid! data.{name}.value invalid")
    return data

"""What the values of subscribe and template messages may be (developers.weixin.qq.com, subscribe messages, parameters).

The platform answers 47003 to all of it; for a subscribe message the person's consent would then wait for nothing.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

from backend.wechat.errors import BadPayload

ARGUMENT = 47003
KEY = re.compile(r"([a-z_]+?)\d+")
DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
MOMENT = rf"(?:{DAY} )?{CLOCK}|{DAY}"
DATE = rf"{DAY}(?: {CLOCK})?"

Rule = Callable[[str], bool]


def _written_as(pattern: str) -> Rule:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _at_most(characters: int) -> Rule:
    return lambda value: len(value) <= characters


def _is_symbol(value: str) -> bool:
    return len(value) <= 5 and not any(unicodedata.category(char)[0] in "LN" for char in value)


def _is_name(value: str) -> bool:
    return len(value) <= (20 if value.isascii() else 10) and not any(char.isdigit() or char in "<>" for char in value)


RULES: dict[str, Rule] = {
    "thing": _at_most(20),
    "number": _written_as(r"(?=.{1,32}$)-?[0-9]+(?:\.[0-9]+)?"),
    "letter": _written_as(r"[A-Za-z]{1,32}"),
    "symbol": _is_symbol,
    "character_string": _written_as(r"[\x20-\x7e]{1,32}"),
    "time": _written_as(rf"(?:{MOMENT})(?:~(?:{MOMENT}))?"),
    "date": _written_as(rf"{DATE}(?:~{DATE})?"),
    "amount": _written_as(r"[¥￥$€£]?-?[0-9]{1,10}(?:\.[0-9]{1,2})?元?"),
    "phone_number": _written_as(r"[0-9+() -]{1,17}"),
    "car_number": _at_most(8),
    "name": _is_name,
    "phrase": _written_as(r"[\u4e00-\u9fff]{1,5}"),
    "enum": _at_most(20),
}


def checked(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """`{"thing1": "…"}` as the platform takes it; BadPayload names the first key whose value breaks its rule."""
    if not values:
        raise BadPayload("data - no value", errcode=ARGUMENT)
    for key, value in values.items():
        kind = KEY.fullmatch(key)
        rule = RULES.get(kind[1]) if kind else None
        if rule is None:
            raise BadPayload(f"data.{key} - no kind of value", errcode=ARGUMENT)
        is_clean = value.strip() and not any(unicodedata.category(char) in ("Cc", "Cs") for char in value)
        if not is_clean or not rule(value):
            raise BadPayload(f"data.{key} - not a {kind[1] if kind else key}", errcode=ARGUMENT)
    return {key: {"value": value} for key, value in values.items()}

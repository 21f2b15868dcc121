"""The types every schema is made of. Inputs are strict and bounded: what passes here fits its column."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class In(Schema):
    """Unknown fields are refused, so a misspelt or forbidden one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


class Out(Schema):
    pass


def _storable(value: datetime) -> datetime:
    if not EARLIEST <= value <= LATEST:
        raise PydanticCustomError("time_out_of_range", "between 2000 and 2100")
    return value.astimezone(UTC)


def _day(value: Any) -> date:
    """RFC 3339; left to itself Pydantic also reads moments and seconds since 1970."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a date as YYYY-MM-DD is required")
    day = date.fromisoformat(value)
    if not EARLIEST.date() <= day < LATEST.date():
        raise PydanticCustomError("time_out_of_range", "between 2000 and 2100")
    return day


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a string is required")
    return value


def digits(value: Any) -> Any:
    """Pydantic's own reading of a query number also takes `1_0` and ` 5 `."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("a whole number is required")
    return value


def not_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is required")
    return value


NO_NUL = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00]*$"
"""Blanks at both ends are taken off first, so a text of nothing else would be empty. They are listed, because `\\s` is
another set to each reader of the contract."""
When = Annotated[AwareDatetime, BeforeValidator(_text_only), AfterValidator(_storable)]
"""RFC 3339 with an offset."""
Day = Annotated[date, BeforeValidator(_day)]
"""RFC 3339, YYYY-MM-DD."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=NOT_BLANK)]
ShortText = Annotated[str, StringConstraints(max_length=255, pattern=NO_NUL)]
LongText = Annotated[str, StringConstraints(max_length=4000, pattern=NO_NUL)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
Version = Annotated[int, Field(ge=1, le=2_147_483_647), BeforeValidator(not_bool)]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(digits)]
TreeLimit = Annotated[int, Field(ge=1, le=1000), BeforeValidator(digits)]
"""Of what a phone wants as a whole: its largest page is a quarter of a megabyte."""
Cursor = Annotated[str, StringConstraints(max_length=512, pattern=r"^[A-Za-z0-9_=-]*$")]
DecimalOut = Annotated[Decimal, PlainSerializer(lambda value: format(value, "f"), return_type=str)]
QUANTITY_PATTERN = r"^([1-9]\d{0,9}(\.\d{1,4})?|0\.([1-9]\d{0,3}|0[1-9]\d{0,2}|00[1-9]\d?|000[1-9]))$"
"""More than zero, said so that a generated client knows it too."""


def _decimal(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a decimal in a string is required")
    return value


def _quantity(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(QUANTITY_PATTERN, value, re.ASCII):
        raise ValueError("a decimal above zero in a string is required")
    return value


Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, max_digits=14, decimal_places=2),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,12}(\.\d{1,2})?$", "examples": ["123.45"]}),
]
"""Money, not negative, at most two decimals."""
Quantity = Annotated[
    Decimal,
    BeforeValidator(_quantity),
    WithJsonSchema({"type": "string", "pattern": QUANTITY_PATTERN, "examples": ["2"]}),
]
"""Of goods: more than zero, at most four decimals."""


class MoneyIn(In):
    amount: Amount
    currency: Literal["CNY", "USD", "EUR", "HKD", "JPY"] = "CNY"


class MoneyOut(Out):
    amount: DecimalOut
    currency: str


class PlaceIn(In):
    """A position as the device reports it."""

    lat: Annotated[float, Field(ge=-90, le=90), BeforeValidator(not_bool)]
    lng: Annotated[float, Field(ge=-180, le=180), BeforeValidator(not_bool)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000), BeforeValidator(not_bool)]
    crs: Literal["wgs84", "gcj02"]
    fixed_at: When
    source: Literal["gps", "network", "fused", "unknown"] = "unknown"


class ProblemField(Out):
    field: str
    code: str
    detail: str


class Problem(Out):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    request_id: str
    errors: list[ProblemField] | None = None

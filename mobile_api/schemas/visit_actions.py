"""What a template asks of a visit, and the answers."""

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from typing_extensions import TypeAliasType

from mobile_api.schemas.base import NO_NUL, NOT_BLANK, Day, In, MoneyIn, MoneyOut, Out, ShortText, not_bool

ActionKind = Literal["photo", "form", "stock", "competitor", "order", "payment", "note"]
ActionState = Literal["done", "missing", "open", "not_asked"]
ActionKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
ActionTag = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=NOT_BLANK)]
ActionTitle = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NOT_BLANK)]
PhotoCount = Annotated[int, Field(ge=1, le=50), BeforeValidator(not_bool)]
Facings = Annotated[int, Field(ge=0, le=10_000), BeforeValidator(not_bool)]
COUNT_PATTERN = r"^(0|[1-9]\d{0,9})(\.\d{1,4})?$"
NoteText = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NOT_BLANK)]
MAX_LINES, MAX_ITEMS = 200, 50
ABSENT: Any = Field(default=None)
"""May be left out and yet not be null."""


def _count(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(COUNT_PATTERN, value, re.ASCII):
        raise ValueError("a decimal not below zero in a string is required")
    return value


def _as_it_is(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """What the JSON says; the rules of forms judge it. The type is for the contract."""
    return value if isinstance(value, dict) else handler(value)


def _unchanged(value: Any) -> Any:
    return value


JsonText = Annotated[str, StringConstraints(pattern=NO_NUL)]
JsonWhole = Annotated[int, Field(ge=-(10**15), le=10**15)]
JsonNumber = Annotated[float, Field(ge=-(10**15), le=10**15)]
if TYPE_CHECKING:  # mypy knows no alias that names itself
    JsonObject = dict[str, Any]
else:
    CLOSED = Field(json_schema_extra={"additionalProperties": False})  # no keys but those of the pattern
    Json = TypeAliasType(
        "Json", bool | JsonNumber | JsonText | list["Json"] | Annotated[dict[JsonText, "Json"], CLOSED] | None
    )
    JsonObject = Annotated[dict[JsonText, Json], CLOSED, WrapValidator(_as_it_is), PlainSerializer(_unchanged)]
Count = Annotated[
    Decimal,
    BeforeValidator(_count),
    WithJsonSchema({"type": "string", "pattern": COUNT_PATTERN, "examples": ["12"]}),
]


class ActionTitleIn(In):
    zh: ActionTitle
    en: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""


class PhotoRuleIn(In):
    tag: ActionTag
    minimum: PhotoCount = 1
    maximum: PhotoCount = 20


class ConditionIn(In):
    """Asked only if an earlier action is done and, with `field`, its form holds one of these values."""

    action: ActionKey
    field: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)] | None = None
    any_of: Annotated[list[bool | JsonWhole | JsonNumber | JsonText], Field(max_length=20)] = []


class ActionIn(In):
    """Of the settings only that of its kind: `photo`, `form_schema` (see docs/visit-forms.md) or `must_list`."""

    key: ActionKey
    kind: ActionKind
    title: ActionTitleIn
    required: bool = True
    only_if: ConditionIn | None = None
    photo: PhotoRuleIn | None = None
    form_schema: JsonObject | None = None
    must_list: Annotated[list[UUID], Field(max_length=MAX_LINES)] = []


class StockLineIn(In):
    product_id: UUID
    quantity: Count
    facings: Facings | None = None
    out_of_stock: bool = False
    price: MoneyIn | None = None


class StockAnswerIn(In):
    lines: Annotated[list[StockLineIn], Field(min_length=1, max_length=MAX_LINES)]


class CompetitorIn(In):
    brand: ActionTitle
    product: Annotated[str, StringConstraints(max_length=128, pattern=NO_NUL)] = ""
    price: MoneyIn | None = None
    note: ShortText = ""
    file_ids: Annotated[list[UUID], Field(max_length=10)] = []
    """Photos of this visit."""


class CompetitorAnswerIn(In):
    items: Annotated[list[CompetitorIn], Field(min_length=1, max_length=MAX_ITEMS)]


class OrderAnswerIn(In):
    order_id: UUID


class PaymentAnswerIn(In):
    amount: MoneyIn
    promised_on: Day
    note: ShortText = ""


class NoteAnswerIn(In):
    text: NoteText


class AnswerIn(In):
    """Just the one that the action's kind is called."""

    form: JsonObject = ABSENT
    stock: StockAnswerIn = ABSENT
    competitor: CompetitorAnswerIn = ABSENT
    order: OrderAnswerIn = ABSENT
    payment: PaymentAnswerIn = ABSENT
    note: NoteAnswerIn = ABSENT


class ActionTitleOut(Out):
    zh: str
    en: str


class PhotoRuleOut(Out):
    tag: str
    minimum: int
    maximum: int


class ConditionOut(Out):
    action: str
    field: str | None
    any_of: list[bool | int | float | str]


class ActionOut(Out):
    key: str
    kind: ActionKind
    title: ActionTitleOut
    required: bool
    only_if: ConditionOut | None
    photo: PhotoRuleOut | None
    form_schema: dict[str, Any] | None
    must_list: list[UUID]


class StockLineOut(Out):
    product_id: UUID
    code: str
    name: str
    unit: str
    quantity: str
    facings: int | None
    out_of_stock: bool
    price: MoneyOut | None


class StockAnswerOut(Out):
    lines: list[StockLineOut]


class CompetitorOut(Out):
    brand: str
    product: str
    price: MoneyOut | None
    note: str
    file_ids: list[UUID]


class CompetitorAnswerOut(Out):
    items: list[CompetitorOut]


class OrderAnswerOut(Out):
    order_id: UUID


class PaymentAnswerOut(Out):
    amount: MoneyOut | None
    """Null for who sees no amounts paid, unless he made the visit himself."""
    promised_on: date
    note: str


class NoteAnswerOut(Out):
    text: str


class AnswerOut(Out):
    """Just the one that the action's kind is called."""

    form: dict[str, Any] = ABSENT
    stock: StockAnswerOut = ABSENT
    competitor: CompetitorAnswerOut = ABSENT
    order: OrderAnswerOut = ABSENT
    payment: PaymentAnswerOut = ABSENT
    note: NoteAnswerOut = ABSENT


class VisitActionOut(ActionOut):
    state: ActionState
    """`missing`: required and not done. `open`: optional and not done. `not_asked`: its condition does not hold."""
    answer: AnswerOut | None
    """Kept, and counting for nothing, while it is not asked. Photos answer by their tag."""
    answered_at: AwareDatetime | None
    is_late: bool
    """It came, or was changed, after somebody else had closed the visit; of photos, one came after it was over."""
    photos: int | None
    """Of its tag that are not refused."""


class VisitTemplateRefOut(Out):
    id: UUID
    name: str
    version: int

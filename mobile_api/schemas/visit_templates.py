from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from mobile_api.schemas.base import (
    NO_NUL,
    Cursor,
    Day,
    DecimalOut,
    In,
    Limit,
    MoneyOut,
    Out,
    ProblemField,
    Version,
    When,
)
from mobile_api.schemas.visit_actions import (
    ActionIn,
    ActionKind,
    ActionOut,
    ActionState,
    ActionTitle,
    ActionTitleOut,
    JsonObject,
)

TemplateState = Literal["active", "retired"]
CustomerType = Annotated[str, StringConstraints(max_length=32, pattern=NO_NUL)]
CustomerLevel = Annotated[str, StringConstraints(max_length=16, pattern=NO_NUL)]
Actions = Annotated[list[ActionIn], Field(min_length=1, max_length=30)]


class TemplateFilters(In):
    state: TemplateState = "active"
    limit: Limit = 20
    cursor: Cursor | None = None


class TemplateIn(In):
    """For customers of this type and level; empty means any. The most specific template is followed: type and level,
    else type, else level, else the one for all."""

    id: UUID | None = None
    name: ActionTitle
    customer_type: CustomerType = ""
    customer_level: CustomerLevel = ""
    actions: Actions
    in_force_from: When | None = None
    """At once, if left out."""


class TemplateVersionIn(In):
    version: Version
    """The number of the version that it was made from."""
    actions: Actions
    in_force_from: When | None = None


class TemplateDraftIn(In):
    actions: Actions
    answers: JsonObject = {}
    """By key of an action; forms are validated, anything else counts as an answer."""


class TemplateItemOut(Out):
    id: UUID
    name: str
    state: TemplateState
    customer_type: str
    customer_level: str
    version: int | None
    """In force; null where its first one is still to come."""
    created_at: AwareDatetime


class TemplatesOut(Out):
    items: list[TemplateItemOut]
    next_cursor: str | None


class TemplateVersionOut(Out):
    template_id: UUID
    number: int
    published_at: AwareDatetime
    in_force_from: AwareDatetime
    actions: list[ActionOut]


class TemplateOut(Out):
    id: UUID
    name: str
    state: TemplateState
    customer_type: str
    customer_level: str
    created_at: AwareDatetime
    latest: TemplateVersionOut
    """The version published last, also where its time is still to come."""


class CustomerTemplateOut(Out):
    name: str | None
    version: TemplateVersionOut | None
    """Null where nothing is asked on visits to this customer."""


class TemplateStatisticsFilters(In):
    """Both days included, by the company's calendar; at most 366 of them."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    owner: UUID | None = None
    department: UUID | None = None
    level: CustomerLevel | None = None
    """Of the customer, as it is now."""


class ValueCountOut(Out):
    value: str
    count: int


class FormFieldFiguresOut(Out):
    name: str
    title: str
    kind: Literal["number", "choice"]
    count: int
    """Of numbers."""
    minimum: float | None
    maximum: float | None
    average: float | None
    total: float | None
    values: list[ValueCountOut]
    """Of choices, yes and no, most frequent first; at most 200."""


class ProductFiguresOut(Out):
    product_id: UUID
    code: str
    name: str
    unit: str
    count: int
    out_of_stock: int
    average_quantity: float
    average_facings: float | None


class BrandFiguresOut(Out):
    """A brand in one currency; without one where no price was noted."""

    brand: str
    count: int
    currency: str | None
    lowest: DecimalOut | None
    highest: DecimalOut | None


class PromisedOut(Out):
    count: int
    currency: str
    total: MoneyOut | None
    """Null for who sees no amounts paid, unless he made all of these visits himself."""


class ActionFiguresOut(Out):
    key: str
    kind: ActionKind
    title: ActionTitleOut
    answered: int
    """Visits with an answer that counts; of photos, with one at least that is not refused."""
    late: int
    missing: int
    """Visits that are over and lack it."""
    photos: int
    fields: list[FormFieldFiguresOut]
    products: list[ProductFiguresOut]
    """Counted most often first, at most 200; so are brands."""
    brands: list[BrandFiguresOut]
    promised: list[PromisedOut]


class TemplateFiguresOut(Out):
    """Of the visits that the caller sees and that follow any version of the template."""

    template_id: UUID
    visits: int
    completed: int
    incomplete: int
    """Completed ones that lack a required action."""
    actions: list[ActionFiguresOut]


class TriedActionOut(Out):
    key: str
    state: ActionState
    errors: list[ProblemField]


class TemplateTrialOut(Out):
    actions: list[TriedActionOut]

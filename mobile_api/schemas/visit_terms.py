from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field

from mobile_api.schemas.base import In, Out, not_bool
from mobile_api.schemas.visits import Text


class LimitsIn(In):
    """What is left out, or null, goes back to its default. Units stand at the end of the names."""

    accuracy_m: Annotated[float, Field(ge=20, le=2000), BeforeValidator(not_bool)] | None = None
    spread_m: Annotated[float, Field(ge=0, le=1), BeforeValidator(not_bool)] | None = None
    samples: Annotated[int, Field(ge=3, le=5), BeforeValidator(not_bool)] | None = None
    circle_m: Annotated[float, Field(ge=0.02, le=0.5), BeforeValidator(not_bool)] | None = None
    speed_m_s: Annotated[float, Field(ge=30, le=300), BeforeValidator(not_bool)] | None = None
    road_m_s: Annotated[float, Field(ge=20, le=100), BeforeValidator(not_bool)] | None = None
    boarding_s: Annotated[float, Field(ge=0, le=7200), BeforeValidator(not_bool)] | None = None
    jump_m: Annotated[float, Field(ge=200, le=20_000), BeforeValidator(not_bool)] | None = None
    sample_jump_m: Annotated[float, Field(ge=100, le=20_000), BeforeValidator(not_bool)] | None = None
    fix_age_s: Annotated[float, Field(ge=10, le=3600), BeforeValidator(not_bool)] | None = None
    fix_ahead_s: Annotated[float, Field(ge=1, le=120), BeforeValidator(not_bool)] | None = None
    skew_s: Annotated[float, Field(ge=30, le=86_400), BeforeValidator(not_bool)] | None = None
    late_s: Annotated[float, Field(ge=60, le=86_400), BeforeValidator(not_bool)] | None = None
    photo_bits: Annotated[int, Field(ge=0, le=4), BeforeValidator(not_bool)] | None = None


class LimitsOut(Out):
    """As they are in force."""

    accuracy_m: float
    spread_m: float
    samples: int
    circle_m: float
    speed_m_s: float
    road_m_s: float
    boarding_s: float
    jump_m: float
    sample_jump_m: float
    fix_age_s: float
    fix_ahead_s: float
    skew_s: float
    late_s: float
    photo_bits: int


class PolicyIn(In):
    version: Annotated[int, Field(ge=0, le=2_147_483_647), BeforeValidator(not_bool)]
    """0 before the first change."""
    limits: LimitsIn
    positions_kept_days: Annotated[int, Field(ge=1, le=3650), BeforeValidator(not_bool)]
    closes_after_h: Annotated[int, Field(ge=1, le=72), BeforeValidator(not_bool)]


class PolicyOut(Out):
    version: int
    limits: LimitsOut
    changed: list[str]
    """The limits that are not at their default."""
    positions_kept_days: int
    """Then they are coarsened."""
    closes_after_h: int
    """A forgotten check-out is made up for then, and not before the day is over."""


class ConsentTextIn(In):
    zh: Text
    en: Text


class ConsentTextOut(Out):
    id: UUID
    version: int
    zh: str
    en: str
    published_at: AwareDatetime


class ConsentTextsOut(Out):
    items: list[ConsentTextOut]


class ConsentIn(In):
    text_id: UUID
    """The one that was shown."""


class ConsentOut(Out):
    text: ConsentTextOut | None
    """The present one; null where the company asks for no consent."""
    given_at: AwareDatetime | None
    """When I agreed to it; null where I have not, or have taken it back."""
    required: bool
    """Before my next check-in."""

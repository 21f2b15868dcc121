from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BeforeValidator, Field

from backend.visits.rules import RANGES
from mobile_api.schemas.base import In, Out, not_bool
from mobile_api.schemas.visits import Text


def _within(name: str) -> Any:
    return Field(default=None, ge=RANGES[name].least, le=RANGES[name].most)


Number = Annotated[float, BeforeValidator(not_bool)]
Count = Annotated[int, BeforeValidator(not_bool)]


class LimitsIn(In):
    """What is left out, or null, goes back to its default. Units stand at the end of the names."""

    accuracy_m: Number | None = _within("accuracy_m")
    spread_m: Number | None = _within("spread_m")
    samples: Count | None = _within("samples")
    circle_m: Number | None = _within("circle_m")
    speed_m_s: Number | None = _within("speed_m_s")
    road_m_s: Number | None = _within("road_m_s")
    boarding_s: Number | None = _within("boarding_s")
    jump_m: Number | None = _within("jump_m")
    sample_jump_m: Number | None = _within("sample_jump_m")
    fix_age_s: Number | None = _within("fix_age_s")
    fix_ahead_s: Number | None = _within("fix_ahead_s")
    skew_s: Number | None = _within("skew_s")
    photo_bits: Count | None = _within("photo_bits")


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

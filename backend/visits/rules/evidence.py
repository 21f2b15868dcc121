"""The words of a judgement: what was sent, what is known, what was found."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices

from backend.core.text import bilingual


class Verdict(TextChoices):
    VERIFIED = "verified", bilingual("已核实", "verified")
    UNVERIFIABLE = "unverifiable", bilingual("无法核实", "unverifiable")
    OUT_OF_RANGE = "out_of_range", bilingual("超出范围", "out of range")
    SUSPECT = "suspect", bilingual("存疑", "suspect")


class Code(StrEnum):
    """Of a reason; part of the API."""

    OUT_OF_RANGE = "out_of_range"
    WRONG_DATUM = "wrong_datum"
    COARSE_ACCURACY = "coarse_accuracy"
    IDENTICAL_SAMPLES = "identical_samples"
    CIRCLE = "circle"
    TELEPORT = "teleport"
    IMPOSSIBLE_SPEED = "impossible_speed"
    STALE_FIX = "stale_fix"
    CLOCK_SKEW = "clock_skew"
    PHOTO_REUSED = "photo_reused"
    NEW_DEVICE = "new_device"
    CUSTOMER_WITHOUT_PLACE = "customer_without_place"
    SENT_LATE = "sent_late"


REASONS: dict[Code, str] = {
    Code.OUT_OF_RANGE: bilingual("不在客户附近", "not near the customer"),
    Code.WRONG_DATUM: bilingual("坐标系有误", "wrong coordinate system"),
    Code.COARSE_ACCURACY: bilingual("定位精度不足", "position too coarse"),
    Code.IDENTICAL_SAMPLES: bilingual("定位点完全相同", "identical positions"),
    Code.CIRCLE: bilingual("定位点呈规则圆形", "positions on a circle"),
    Code.TELEPORT: bilingual("定位点瞬间跳变", "positions that jump"),
    Code.IMPOSSIBLE_SPEED: bilingual("移动速度异常", "impossible speed"),
    Code.STALE_FIX: bilingual("定位已过时", "stale position"),
    Code.CLOCK_SKEW: bilingual("手机时间不准", "the phone's clock is off"),
    Code.PHOTO_REUSED: bilingual("照片重复使用", "photo used before"),
    Code.NEW_DEVICE: bilingual("新设备", "new device"),
    Code.CUSTOMER_WITHOUT_PLACE: bilingual("客户没有坐标", "customer without a place"),
    Code.SENT_LATE: bilingual("事后补传", "sent long after"),
}


@dataclass(frozen=True, slots=True)
class Fix:
    """One position sample in WGS-84."""

    lat: float
    lng: float
    accuracy_m: float
    fixed_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Where the customer is, WGS-84, and how near counts as there."""

    lat: float
    lng: float
    geofence_m: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """The employee's last check-in: its position and when he came, by the server's clock."""

    lat: float
    lng: float
    accuracy_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """A measured value beside the limit it broke; both null where nothing was measured."""

    code: Code
    value: float | None = None
    limit: float | None = None
    unit: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    reasons: tuple[Reason, ...]
    best: Fix
    """The most accurate fresh sample, by which the position was judged."""
    distance_m: float | None
    """From the customer; None where nobody knows where the customer is."""

"""What the evidence of a check-in amounts to. Pure arithmetic: distances in metres, times in seconds.

The verdict never stops anybody: it is stored with all its reasons, and a manager decides about a doubtful one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices

from backend.core.geo import distance_m
from backend.core.text import bilingual


class Verdict(TextChoices):
    VERIFIED = "verified", bilingual("已核实", "verified")
    UNVERIFIABLE = "unverifiable", bilingual("无法核实", "unverifiable")
    OUT_OF_RANGE = "out_of_range", bilingual("超出范围", "out of range")
    SUSPECT = "suspect", bilingual("存疑", "suspect")


class Code(StrEnum):
    """Of a reason; part of the API."""

    OUT_OF_RANGE = "out_of_range"
    COARSE_ACCURACY = "coarse_accuracy"
    IDENTICAL_SAMPLES = "identical_samples"
    IMPOSSIBLE_SPEED = "impossible_speed"
    STALE_FIX = "stale_fix"
    CLOCK_SKEW = "clock_skew"
    NEW_DEVICE = "new_device"
    CUSTOMER_WITHOUT_PLACE = "customer_without_place"


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds; these defaults are ours unless a source is named."""

    accuracy_m: float = 200.0
    """A coarser fix decides nothing about a geofence of 300 m. Phones that grant only approximate location report
    1 to 20 km (Android `ACCESS_COARSE_LOCATION`, iOS reduced accuracy)."""
    spread_m: float = 0.05
    """Fixes of a real receiver wander by decimetres and more; a mocked position repeats itself exactly."""
    samples: int = 3
    """Fewer equal samples may be one fix handed out twice. Of real runs of three, too, 1.6 % are equal (33 of 2,107 in
    the GeoLife tracks of the tests, a logger at rest): a reason for a manager to look, no proof."""
    speed_m_s: float = 100.0
    """360 km/h: the fastest scheduled train of China runs at 350 km/h."""
    jump_m: float = 1000.0
    """Below it, a speed is not judged: drift and a late fix explain such a jump."""
    fix_age_s: float = 120.0
    """Between the fix and the tap, both by the phone's clock."""
    fix_ahead_s: float = 10.0
    """A fix later than the tap by more than rounding was made up."""
    skew_s: float = 300.0
    """Between the phone's clock and ours; what a phone set by hand is commonly off by. A check-in kept back by a dead
    network shows the same: whether it is believed is for the manager."""


DEFAULT_LIMITS = Limits()


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
    """The employee's last check-in: its position and the server's time of it."""

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
    """The most accurate sample, by which the position was judged."""
    distance_m: float | None
    """From the customer; None where nobody knows where the customer is."""


MEANING: dict[Code, Verdict] = {
    Code.OUT_OF_RANGE: Verdict.OUT_OF_RANGE,
    Code.COARSE_ACCURACY: Verdict.UNVERIFIABLE,
    Code.IDENTICAL_SAMPLES: Verdict.SUSPECT,
    Code.IMPOSSIBLE_SPEED: Verdict.SUSPECT,
    Code.STALE_FIX: Verdict.SUSPECT,
    Code.CLOCK_SKEW: Verdict.SUSPECT,
    Code.NEW_DEVICE: Verdict.VERIFIED,
    Code.CUSTOMER_WITHOUT_PLACE: Verdict.UNVERIFIABLE,
}
"""What each reason alone leads to."""
SEVERITY = (Verdict.VERIFIED, Verdict.UNVERIFIABLE, Verdict.OUT_OF_RANGE, Verdict.SUSPECT)
"""The worst reason decides: not knowing is milder than being elsewhere, and that is milder than made-up evidence."""


def judge(
    samples: Sequence[Fix],
    *,
    target: Target | None,
    earlier: Earlier | None,
    known_device: bool,
    captured_at: datetime,
    at: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> Finding:
    """The verdict on 1 to 5 samples captured at `captured_at` (the phone's clock), received at `at` (ours)."""
    best = min(samples, key=lambda fix: fix.accuracy_m)
    distance = distance_m(best.lat, best.lng, target.lat, target.lng) if target else None
    reasons = [
        reason
        for reason in (
            _range(best, distance, target),
            _accuracy(best, limits),
            _spread(samples, limits),
            _speed(best, earlier, at, limits),
            _age(best, captured_at, limits),
            _skew(captured_at, at, limits),
            None if known_device else Reason(Code.NEW_DEVICE),
        )
        if reason is not None
    ]
    return Finding(verdict_of([reason.code for reason in reasons]), tuple(reasons), best, distance)


def verdict_of(codes: Sequence[Code]) -> Verdict:
    """The worst meaning of all. A new device alone says nothing; beside a position that is wrong or made up it is
    taken for a borrowed phone. That the position cannot be judged is nothing against the device."""
    worst = max((MEANING[code] for code in codes), key=SEVERITY.index, default=Verdict.VERIFIED)
    if Code.NEW_DEVICE in codes and worst is Verdict.OUT_OF_RANGE:
        return Verdict.SUSPECT
    return worst


def _range(best: Fix, distance: float | None, target: Target | None) -> Reason | None:
    """distance > geofence + accuracy: he is outside even at the near edge of the circle the fix allows."""
    if target is None or distance is None:
        return Reason(Code.CUSTOMER_WITHOUT_PLACE)
    limit = target.geofence_m + best.accuracy_m
    return Reason(Code.OUT_OF_RANGE, round(distance, 1), round(limit, 1), "m") if distance > limit else None


def _accuracy(best: Fix, limits: Limits) -> Reason | None:
    if best.accuracy_m <= limits.accuracy_m:
        return None
    return Reason(Code.COARSE_ACCURACY, round(best.accuracy_m, 1), limits.accuracy_m, "m")


def _spread(samples: Sequence[Fix], limits: Limits) -> Reason | None:
    """The greatest distance of any sample from the first, where there are enough samples to tell."""
    if len(samples) < limits.samples:
        return None
    first = samples[0]
    spread = max(distance_m(first.lat, first.lng, fix.lat, fix.lng) for fix in samples)
    return Reason(Code.IDENTICAL_SAMPLES, round(spread, 3), limits.spread_m, "m") if spread < limits.spread_m else None


def _speed(best: Fix, earlier: Earlier | None, at: datetime, limits: Limits) -> Reason | None:
    """(distance - both accuracies) / time between the two check-ins by the server's clock, at least one second."""
    if earlier is None:
        return None
    jump = distance_m(best.lat, best.lng, earlier.lat, earlier.lng) - best.accuracy_m - earlier.accuracy_m
    if jump <= limits.jump_m:
        return None
    speed = jump / max((at - earlier.at).total_seconds(), 1.0)
    return Reason(Code.IMPOSSIBLE_SPEED, round(speed, 1), limits.speed_m_s, "m/s") if speed > limits.speed_m_s else None


def _age(best: Fix, captured_at: datetime, limits: Limits) -> Reason | None:
    age = (captured_at - best.fixed_at).total_seconds()
    if -limits.fix_ahead_s <= age <= limits.fix_age_s:
        return None
    return Reason(Code.STALE_FIX, round(age, 1), limits.fix_age_s if age > 0 else -limits.fix_ahead_s, "s")


def _skew(captured_at: datetime, at: datetime, limits: Limits) -> Reason | None:
    skew = (at - captured_at).total_seconds()
    return Reason(Code.CLOCK_SKEW, round(skew, 1), limits.skew_s, "s") if abs(skew) > limits.skew_s else None

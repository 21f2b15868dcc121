"""Every rule by itself, and the verdict of all. Each says its formula; its threshold stands in `limits`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from backend.core.geo import distance_m, gcj02_to_wgs84, wgs84_to_gcj02
from backend.visits.rules.evidence import Code, Earlier, Finding, Fix, Reason, Target, Verdict
from backend.visits.rules.geometry import circle_through
from backend.visits.rules.limits import DEFAULT_LIMITS, Limits

MEANING: dict[Code, Verdict] = {
    Code.OUT_OF_RANGE: Verdict.OUT_OF_RANGE,
    Code.WRONG_DATUM: Verdict.OUT_OF_RANGE,
    Code.COARSE_ACCURACY: Verdict.UNVERIFIABLE,
    Code.IDENTICAL_SAMPLES: Verdict.SUSPECT,
    Code.CIRCLE: Verdict.SUSPECT,
    Code.TELEPORT: Verdict.SUSPECT,
    Code.IMPOSSIBLE_SPEED: Verdict.SUSPECT,
    Code.STALE_FIX: Verdict.SUSPECT,
    Code.CLOCK_SKEW: Verdict.SUSPECT,
    Code.PHOTO_REUSED: Verdict.SUSPECT,
    Code.NEW_DEVICE: Verdict.VERIFIED,
    Code.CUSTOMER_WITHOUT_PLACE: Verdict.UNVERIFIABLE,
    Code.SENT_LATE: Verdict.UNVERIFIABLE,
}
"""What each reason alone leads to."""
SEVERITY = (Verdict.VERIFIED, Verdict.UNVERIFIABLE, Verdict.OUT_OF_RANGE, Verdict.SUSPECT)
"""The worst reason decides: not knowing is milder than being elsewhere, and that is milder than made-up evidence."""
GREATEST_SHIFT_M = 1000.0
"""GCJ-02 moves no place of China by more than some 700 m; a greater distance was not a matter of the datum."""
CIRCLE_SAMPLES = 5
"""Any three points lie on a circle, and of four real fixes too many nearly do."""
LEAST_CIRCLE_M, GREATEST_CIRCLE_M = 1.0, 100.0
"""Radius. Of a smaller one, coordinates of six decimals show no shape; a greater one is a person on his way round a
bend."""
EXACT_CIRCLE_M = 0.005
"""So near to a circle, even steps are not asked for: no receiver is that good."""
EVEN_STEP_M = 0.2
"""Twice the rounding of six decimals, at both ends of a step."""


def judge(
    samples: Sequence[Fix],
    *,
    target: Target | None,
    earlier: Earlier | None,
    known_device: bool,
    captured_at: datetime,
    at: datetime,
    kept_back_s: float = 0.0,
    photo_bits: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Finding:
    """The verdict on 1 to 5 samples captured at `captured_at` (the phone's clock), received at `at` (ours) after the
    phone had kept them back for `kept_back_s` by its own clock.

    `photo_bits` as in `copied`. The position is that of `best_of`.
    """
    fresh = [fix for fix in samples if _is_fresh(fix, captured_at, limits)]
    best = best_of(samples, captured_at=captured_at, limits=limits)
    came_at = at - timedelta(seconds=kept_back_s)
    distance = distance_m(best.lat, best.lng, target.lat, target.lng) if target else None
    found = (
        _range(best, distance, target),
        _datum(best, distance, target),
        _accuracy(best, limits),
        _spread(samples, limits),
        _circle(samples, limits),
        _teleport(fresh, limits),
        _speed(best, earlier, came_at, limits),
        _age(best, captured_at, limits),
        _skew(captured_at, came_at, limits),
        _late(kept_back_s, limits),
        copied(photo_bits, limits),
        None if known_device else Reason(Code.NEW_DEVICE),
    )
    reasons = tuple(reason for reason in found if reason is not None)
    return Finding(verdict_of([reason.code for reason in reasons]), reasons, best, distance)


def best_of(samples: Sequence[Fix], *, captured_at: datetime, limits: Limits = DEFAULT_LIMITS) -> Fix:
    """The most accurate of the fresh ones, or of all where none is fresh: phones hand out the last known one first."""
    fresh = [fix for fix in samples if _is_fresh(fix, captured_at, limits)]
    return min(fresh or samples, key=lambda fix: fix.accuracy_m)


def verdict_of(codes: Sequence[str]) -> Verdict:
    """The worst meaning of all. A new device alone says nothing; beside a position that is wrong or made up it is
    taken for a borrowed phone. That the position cannot be judged is nothing against the device."""
    worst = max((MEANING[Code(code)] for code in codes), key=SEVERITY.index, default=Verdict.VERIFIED)
    if Code.NEW_DEVICE in codes and worst is Verdict.OUT_OF_RANGE:
        return Verdict.SUSPECT
    return worst


def copied(bits: int | None, limits: Limits = DEFAULT_LIMITS) -> Reason | None:
    """The photo nearest to one of this visit's in another visit of the company differs by so many bits; 0 where the
    bytes are the same, None where no photo is near."""
    if bits is None or bits > limits.photo_bits:
        return None
    return Reason(Code.PHOTO_REUSED, float(bits), float(limits.photo_bits), "bit")


def _range(best: Fix, distance: float | None, target: Target | None) -> Reason | None:
    """distance > geofence + accuracy: he is outside even at the near edge of the circle the fix allows."""
    if target is None or distance is None:
        return Reason(Code.CUSTOMER_WITHOUT_PLACE)
    limit = target.geofence_m + best.accuracy_m
    return Reason(Code.OUT_OF_RANGE, round(distance, 1), round(limit, 1), "m") if distance > limit else None


def _datum(best: Fix, distance: float | None, target: Target | None) -> Reason | None:
    """Out of range, and back in it once the shift between GCJ-02 and WGS-84 is taken off or put on: then the phone
    sends one system under the name of the other. The value is the distance that is left."""
    if target is None or distance is None or distance > GREATEST_SHIFT_M:
        return None
    limit = target.geofence_m + best.accuracy_m
    if distance <= limit:
        return None
    readings = (gcj02_to_wgs84(best.lat, best.lng), wgs84_to_gcj02(best.lat, best.lng))
    left = min(distance_m(lat, lng, target.lat, target.lng) for lat, lng in readings)
    return Reason(Code.WRONG_DATUM, round(left, 1), round(limit, 1), "m") if left <= limit else None


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


def _circle(samples: Sequence[Fix], limits: Limits) -> Reason | None:
    """Five different samples on one small circle, in even steps or exactly: a programme drew them, for what a receiver
    sees wanders about. The value is how far they lie from the circle."""
    ordered = sorted(samples, key=lambda fix: fix.fixed_at)
    if len({(fix.lat, fix.lng) for fix in ordered}) < CIRCLE_SAMPLES:
        return None
    circle = circle_through(ordered)
    if circle is None or not LEAST_CIRCLE_M <= circle.radius_m <= GREATEST_CIRCLE_M:
        return None
    drawn = circle.deviation_m < limits.circle_m and circle.unevenness_m < EVEN_STEP_M
    if drawn or circle.deviation_m < EXACT_CIRCLE_M:
        return Reason(Code.CIRCLE, round(circle.deviation_m, 3), limits.circle_m, "m")
    return None


def _teleport(fresh: Sequence[Fix], limits: Limits) -> Reason | None:
    """(distance - both accuracies) / time between two samples in a row, at least one second: the mock was switched on
    or off meanwhile. The greatest such speed counts."""
    speeds = [
        jump / max((after.fixed_at - before.fixed_at).total_seconds(), 1.0)
        for before, after in pairwise(sorted(fresh, key=lambda fix: fix.fixed_at))
        if (jump := _apart(before, after)) > limits.sample_jump_m
    ]
    speed = max(speeds, default=0.0)
    return Reason(Code.TELEPORT, round(speed, 1), limits.speed_m_s, "m/s") if speed > limits.speed_m_s else None


def _speed(best: Fix, earlier: Earlier | None, came_at: datetime, limits: Limits) -> Reason | None:
    """Between two check-ins, whichever came first, lies less time than the way takes: way / road speed, or boarding and
    way / greatest speed where that is faster. The way is the distance less both accuracies; told are the speeds."""
    if earlier is None:
        return None
    jump = _apart(best, earlier)
    if jump <= limits.jump_m:
        return None
    least_s = min(jump / limits.road_m_s, limits.boarding_s + jump / limits.speed_m_s)
    passed_s = max(abs((came_at - earlier.at).total_seconds()), 1.0)
    if passed_s >= least_s:
        return None
    return Reason(Code.IMPOSSIBLE_SPEED, round(jump / passed_s, 1), round(jump / least_s, 1), "m/s")


def _apart(one: Fix | Earlier, other: Fix | Earlier) -> float:
    return distance_m(one.lat, one.lng, other.lat, other.lng) - one.accuracy_m - other.accuracy_m


def _is_fresh(fix: Fix, captured_at: datetime, limits: Limits) -> bool:
    return timedelta(seconds=-limits.fix_ahead_s) <= captured_at - fix.fixed_at <= timedelta(seconds=limits.fix_age_s)


def _age(best: Fix, captured_at: datetime, limits: Limits) -> Reason | None:
    """Tap - fix; below zero where the fix is said to be later than the tap."""
    if _is_fresh(best, captured_at, limits):
        return None
    age = (captured_at - best.fixed_at).total_seconds()
    return Reason(Code.STALE_FIX, round(age, 1), limits.fix_age_s if age > 0 else -limits.fix_ahead_s, "s")


def _skew(captured_at: datetime, came_at: datetime, limits: Limits) -> Reason | None:
    """Server's time of receipt, less what the phone kept back - the phone's of the tap."""
    skew = (came_at - captured_at).total_seconds()
    return Reason(Code.CLOCK_SKEW, round(skew, 1), limits.skew_s, "s") if abs(skew) > limits.skew_s else None


def _late(kept_back_s: float, limits: Limits) -> Reason | None:
    """Sending - tap, both by the phone's clock: for so long nobody but the phone knows when it was."""
    return Reason(Code.SENT_LATE, round(kept_back_s, 1), limits.late_s, "s") if kept_back_s > limits.late_s else None

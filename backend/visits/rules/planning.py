"""When plans recur, and what speaks against the way they lie beside each other. Pure arithmetic on days and times."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from backend.core.geo import distance_m

USUAL_VISIT = timedelta(minutes=30)
"""Of a plan that names no end."""
DETOUR = 1.4
"""Road over great circle: 1.3 to 1.5 is usual in cities laid out in blocks, whose worst case is the root of two."""
ROAD_M_S = 30_000 / 3600
"""30 km/h: a day's average in the traffic of a large city. Ours; a warning stops nobody."""


class Recurrence(StrEnum):
    WEEKDAYS = "weekdays"
    EVERY_N_DAYS = "every_n_days"


class Warned(StrEnum):
    """Of a warning; part of the API."""

    OVERLAP = "overlap"
    TRAVEL_TOO_SHORT = "travel_too_short"
    SAME_CUSTOMER = "same_customer"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`weekdays` by ISO 8601, 1 for Monday; `every_days` counts from the first day."""

    kind: Recurrence
    first: date
    last: date | None = None
    weekdays: tuple[int, ...] = ()
    every_days: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A plan as it lies in a person's day; the place in WGS-84 degrees, None where nobody knows it."""

    plan_id: UUID
    customer_id: UUID
    day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: tuple[float, float] | None = None

    @property
    def end(self) -> datetime | None:
        return self.ends_at or (self.starts_at and self.starts_at + USUAL_VISIT)


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """About one plan because of another of the same person; times in minutes where the way is too long for them."""

    code: Warned
    other_id: UUID
    needed_min: int | None = None
    free_min: int | None = None


def days_of(pattern: Pattern, *, first: date, last: date) -> Iterator[date]:
    """The pattern's days from `first` to `last`, both included."""
    day = max(first, pattern.first)
    until = min(last, pattern.last) if pattern.last else last
    if pattern.kind == Recurrence.EVERY_N_DAYS:
        day += timedelta(days=-(day - pattern.first).days % pattern.every_days)
        step = timedelta(days=pattern.every_days)
    else:
        step = timedelta(days=1)
    while day <= until:
        if pattern.kind == Recurrence.EVERY_N_DAYS or day.isoweekday() in pattern.weekdays:
            yield day
        day += step


def travel_time(one: tuple[float, float], other: tuple[float, float]) -> timedelta:
    """DETOUR × great circle / ROAD_M_S."""
    return timedelta(seconds=distance_m(*one, *other) * DETOUR / ROAD_M_S)


def warnings_about(slot: Slot, others: Iterable[Slot]) -> list[PlanWarning]:
    """What speaks against `slot` beside the same person's other plans of its day, those of its own id left out."""
    beside = [other for other in others if other.plan_id != slot.plan_id and other.day == slot.day]
    found = [
        PlanWarning(Warned.SAME_CUSTOMER, other.plan_id) for other in beside if other.customer_id == slot.customer_id
    ]
    found += [PlanWarning(Warned.OVERLAP, other.plan_id) for other in beside if _overlap(slot, other)]
    found += _too_far(slot, beside)
    return found


def _overlap(one: Slot, other: Slot) -> bool:
    if one.starts_at is None or one.end is None or other.starts_at is None or other.end is None:
        return False
    return one.starts_at < other.end and other.starts_at < one.end


def _too_far(slot: Slot, others: Sequence[Slot]) -> Iterator[PlanWarning]:
    """From the last plan that ends before it, and to the first that begins after it."""
    if slot.starts_at is None or slot.end is None:
        return
    timed = [(other.starts_at, other.end, other) for other in others if other.starts_at and other.end]
    before = max((one for one in timed if one[1] <= slot.starts_at), key=lambda one: one[1], default=None)
    after = min((one for one in timed if one[0] >= slot.end), key=lambda one: one[0], default=None)
    if before is not None:
        yield from _way(slot, before[2], free=slot.starts_at - before[1])
    if after is not None:
        yield from _way(slot, after[2], free=after[0] - slot.end)


def _way(slot: Slot, other: Slot, *, free: timedelta) -> Iterator[PlanWarning]:
    if slot.place is None or other.place is None:
        return
    needed = travel_time(slot.place, other.place)
    if needed > free:
        yield PlanWarning(Warned.TRAVEL_TOO_SHORT, other.plan_id, _minutes(needed), int(free.total_seconds() // 60))


def _minutes(time: timedelta) -> int:
    """Rounded up."""
    return -int(-time.total_seconds() // 60)

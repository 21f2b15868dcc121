"""In which order to drive a day's visits: nearest neighbour, then 2-opt and moves of single stops, on great circles.

Croes, "A method for solving traveling-salesman problems" (1958). A day has a handful of stops, so a solver library
would be all weight; how near to the best the suggestion comes is measured in its tests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from backend.core.geo import distance_m

Place = tuple[float, float]
"""Latitude and longitude, WGS-84 degrees."""
MAX_STOPS = 40
"""Of more, those without a time are not moved about: nobody visits so many in a day."""
LEAST_GAIN_M = 0.01
"""Less is rounding, and would never end."""
NEVER = datetime.max.replace(tzinfo=UTC)
Order = list[int]


@dataclass(frozen=True, slots=True)
class Stop:
    id: UUID
    place: Place
    starts_at: datetime | None = None
    """Stops that have a time keep its order."""


def best_order(stops: Sequence[Stop], *, start: Place | None = None) -> list[Stop]:
    """Every stop once: those with a time in its order, the others where they cost the least way from `start` on."""
    given = sorted(stops, key=lambda stop: (stop.starts_at is None, stop.starts_at or NEVER, stop.id))
    way = _Way(given, start)
    fixed = [number for number, stop in enumerate(given) if stop.starts_at]
    free = list(range(len(fixed), len(given)))
    order = way.filled(fixed, free) if fixed else way.nearest(free)
    if len(given) <= MAX_STOPS:
        order = way.improved(order)
    return [given[number] for number in order]


def legs_m(order: Sequence[Stop], *, start: Place | None = None) -> list[float]:
    """The way to each stop from the one before; to the first from `start`, or none where nobody said."""
    places = [*([start] if start else []), *(stop.place for stop in order)]
    legs = [distance_m(*one, *other) for one, other in pairwise(places)]
    return legs if start or not order else [0.0, *legs]


class _Way:
    """The stops by their numbers, with all distances between them."""

    def __init__(self, stops: Sequence[Stop], start: Place | None) -> None:
        self.times = [stop.starts_at for stop in stops]
        self.apart = [[distance_m(*one.place, *other.place) for other in stops] for one in stops]
        self.first = [distance_m(*start, *stop.place) if start else 0.0 for stop in stops]
        self.has_start = start is not None

    def length(self, order: Sequence[int]) -> float:
        return sum((self.apart[one][other] for one, other in pairwise(order)), self.first[order[0]] if order else 0.0)

    def filled(self, fixed: Order, free: Order) -> Order:
        """Each of the free ones, cheapest first, where it lengthens the way least."""
        order, left = list(fixed), list(free)
        while left:
            number, at = min(
                ((number, at) for number in left for at in range(len(order) + 1)),
                key=lambda one: self.length([*order[: one[1]], one[0], *order[one[1] :]]),
            )
            left.remove(number)
            order.insert(at, number)
        return order

    def nearest(self, free: Order) -> Order:
        """Without a start, the shortest of the tours that begin at each stop."""
        if not free:
            return []
        firsts = [min(free, key=lambda number: self.first[number])] if self.has_start else free
        return min((self._tour(free, first) for first in firsts), key=self.length)

    def _tour(self, free: Order, first: int) -> Order:
        order, left = [first], [number for number in free if number != first]
        while left:
            here = self.apart[order[-1]]
            order.append(min(left, key=lambda number: here[number]))
            left.remove(order[-1])
        return order

    def improved(self, order: Order) -> Order:
        """Until no turn and no move makes it shorter."""
        length = self.length(order)
        while True:
            for changed in _neighbours(order):
                if self.length(changed) < length - LEAST_GAIN_M and self._keeps_times(changed):
                    order, length = changed, self.length(changed)
                    break
            else:
                return order

    def _keeps_times(self, order: Order) -> bool:
        times = [time for number in order if (time := self.times[number])]
        return all(one <= other for one, other in pairwise(times))


def _neighbours(order: Order) -> Iterator[Order]:
    """Every stretch turned round (2-opt), then every stop at every other place."""
    n = len(order)
    for i in range(n):
        for j in range(i + 2, n + 1):
            yield [*order[:i], *reversed(order[i:j]), *order[j:]]
    for i in range(n):
        rest = order[:i] + order[i + 1 :]
        for j in range(n):
            if j != i:
                yield [*rest[:j], order[i], *rest[j:]]

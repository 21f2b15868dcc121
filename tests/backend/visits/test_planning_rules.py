from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.visits.rules.planning import Pattern, Recurrence, Slot, Warned, days_of, travel_time, warnings_about
from backend.visits.rules.routes import MAX_STOPS, Stop, best_order, legs_m

MONDAY = date(2026, 11, 30)
BUND, HONGQIAO = (31.2400, 121.4900), (31.1979, 121.3363)
"""15.3 km apart."""


def at(hour: float, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


def slot(begins: float | None = None, ends: float | None = None, *, place=None, customer: UUID | None = None) -> Slot:
    times = [None if hour is None else at(hour) for hour in (begins, ends)]
    return Slot(uuid4(), customer or uuid4(), MONDAY, *times, place)


class TestDays:
    def test_weekdays(self):
        pattern = Pattern(Recurrence.WEEKDAYS, MONDAY + timedelta(days=1), weekdays=(1, 4))
        found = list(days_of(pattern, first=MONDAY, last=MONDAY + timedelta(days=14)))
        assert [day.isoformat() for day in found] == ["2026-12-03", "2026-12-07", "2026-12-10", "2026-12-14"]

    def test_every_n_days_counts_from_the_first_day_wherever_one_looks(self):
        pattern = Pattern(Recurrence.EVERY_N_DAYS, date(2026, 11, 1), last=date(2026, 12, 10), every_days=10)
        found = list(days_of(pattern, first=date(2026, 11, 12), last=date(2027, 1, 1)))
        assert found == [date(2026, 11, 21), date(2026, 12, 1)]

    @given(st.integers(1, 40), st.integers(0, 80), st.integers(1, 50))
    def test_pieces_of_a_period_make_the_whole(self, step: int, cut: int, more: int):
        pattern = Pattern(Recurrence.EVERY_N_DAYS, MONDAY, every_days=step)
        middle, end = MONDAY + timedelta(days=cut), MONDAY + timedelta(days=cut + more)
        pieces = [*days_of(pattern, first=MONDAY, last=middle)]
        pieces += days_of(pattern, first=middle + timedelta(days=1), last=end)
        assert pieces == list(days_of(pattern, first=MONDAY, last=end))


class TestWarnings:
    def codes(self, one: Slot, *others: Slot) -> list[str]:
        return [warning.code for warning in warnings_about(one, [one, *others])]

    def test_none_beside_nothing_or_beside_what_has_no_time(self):
        assert self.codes(slot(9, 10)) == self.codes(slot(9, 10), slot()) == self.codes(slot(), slot(9, 10)) == []

    @pytest.mark.parametrize(("begins", "ends", "warned"), [(9.5, 11, True), (8, 9, False), (10, 11, False)])
    def test_overlap(self, begins, ends, warned):
        assert (Warned.OVERLAP in self.codes(slot(9, 10), slot(begins, ends))) is warned

    def test_a_plan_without_an_end_takes_half_an_hour(self):
        assert self.codes(slot(9), slot(9.4)) == [Warned.OVERLAP]
        assert self.codes(slot(9), slot(9.5)) == []

    def test_the_same_customer_twice_a_day(self):
        one = slot()
        assert self.codes(one, slot(customer=one.customer_id)) == [Warned.SAME_CUSTOMER]

    def test_the_way_is_longer_than_the_time_between(self):
        assert timedelta(minutes=42) < travel_time(BUND, HONGQIAO) < timedelta(minutes=44)
        first, second = slot(9, 10, place=BUND), slot(10.5, 11, place=HONGQIAO)
        for one, other in ((first, second), (second, first)):
            (warning,) = warnings_about(one, [other])
            assert (warning.code, warning.other_id) == (Warned.TRAVEL_TOO_SHORT, other.plan_id)
            assert (warning.needed_min, warning.free_min) == (43, 30)
        assert self.codes(first, slot(10.75, 11, place=HONGQIAO)) == []

    def test_only_neighbours_in_time_are_ways(self):
        assert self.codes(slot(9, 10, place=BUND), slot(10, 10.5), slot(10.6, 11, place=HONGQIAO)) == []


def stops(random: Random, count: int, timed: int = 0) -> list[Stop]:
    def place() -> tuple[float, float]:
        return 31.1 + random.random() * 0.3, 121.3 + random.random() * 0.3

    return [Stop(UUID(int=n), place(), at(9 + n / 4) if n < timed else None) for n in range(count)]


class TestRoute:
    def test_of_six_stops_it_is_the_shortest_or_nearly(self):
        random = Random(1)
        for _ in range(4):
            day = stops(random, 6)
            found, best = sum(legs_m(best_order(day))), min(sum(legs_m(order)) for order in permutations(day))
            assert found <= best * 1.05

    @given(st.integers(0, MAX_STOPS + 3), st.integers(0, 8), st.integers(0, 10_000))
    def test_every_stop_once_and_times_in_order(self, count: int, timed: int, seed: int):
        day = stops(Random(seed), min(count, 12), timed)
        order = best_order(day, start=BUND)
        assert {stop.id for stop in order} == {stop.id for stop in day}
        times = [stop.starts_at for stop in order if stop.starts_at]
        assert times == sorted(times)
        assert sum(legs_m(order, start=BUND)) <= sum(legs_m(_as_given(day), start=BUND)) + 0.1

    def test_nothing_to_do(self):
        assert best_order([]) == []
        assert legs_m([], start=BUND) == []

    def test_more_stops_than_anybody_makes_are_only_put_one_to_the_next(self):
        day = stops(Random(2), MAX_STOPS + 1)
        assert len(best_order(day)) == MAX_STOPS + 1


def _as_given(day: list[Stop]) -> list[Stop]:
    """A way that keeps the times too."""
    return sorted(day, key=lambda stop: (stop.starts_at is None, stop.starts_at or at(0)))

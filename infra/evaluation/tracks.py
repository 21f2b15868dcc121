"""Where the honest fixes come from, and which of them the thresholds were chosen on."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import cos, radians
from typing import NamedTuple

from backend.core.geo import distance_m
from infra.demo.paths import GPS
from infra.main_job.track import Fix, read_track

TUNED_ON = ("000-20081023025304",)
HELD_OUT = ("000-20081024020959", "001-20081023055305")
"""By day and by person: another day of the same person, and another person altogether."""
SAMPLES, FEWER_SAMPLES = 5, 3
"""What clients should send, and the least of which equal ones are doubted."""
NEAR_M = 40.0
WITHIN = timedelta(seconds=30)
METRES_PER_DEGREE = 111_195.08


class TrackSet(NamedTuple):
    name: str
    tracks: list[list[Fix]]


def track_sets() -> tuple[list[TrackSet], bool]:
    """What was tuned on and what was not, and whether it is real; drawn ones where the real ones are not at hand."""
    found = {path.stem: read_track(path.read_text()) for path in sorted(GPS.glob("*.plt"))}
    if not set(TUNED_ON + HELD_OUT) <= set(found):
        drawn = [[_drawn(seed)] for seed in (1, 2)]
        return [TrackSet("合成轨迹 synthetic 1", drawn[0]), TrackSet("合成轨迹 synthetic 2", drawn[1])], False
    return [
        TrackSet("调参所用 tuned on", [found[name] for name in TUNED_ON]),
        TrackSet("未用于调参 held out", [found[name] for name in HELD_OUT]),
    ], True


def stays(track: Sequence[Fix], samples: int) -> Iterator[tuple[int, Sequence[Fix]]]:
    """Runs of fixes in which the person keeps to one place for at most half a minute, as at a tap on check-in."""
    for start in range(len(track) - samples + 1):
        run = track[start : start + samples]
        near = all(distance_m(run[0].lat, run[0].lng, fix.lat, fix.lng) < NEAR_M for fix in run)
        if near and run[-1].at - run[0].at <= WITHIN:
            yield start, run


def moved(fix: Fix, *, east_m: float, north_m: float) -> tuple[float, float]:
    lat = fix.lat + north_m / METRES_PER_DEGREE
    return lat, fix.lng + east_m / METRES_PER_DEGREE / cos(radians(fix.lat))


def _drawn(seed: int, length: int = 600) -> list[Fix]:
    """A walk with a receiver whose error wanders as a Gauss-Markov process: some metres in size, slow to change."""
    luck = random.Random(seed)
    corner, at = Fix(31.2304, 121.4737, datetime(2026, 3, 2, 1, tzinfo=UTC)), timedelta()
    east = north = drift_east = drift_north = 0.0
    speed, fixes = (0.0, 0.0), []
    for number in range(length):
        if number % 60 == 0:
            speed = (luck.gauss(0, 1.2), luck.gauss(0, 1.2)) if number // 60 % 2 else (0.0, 0.0)
        drift_east = 0.95 * drift_east + luck.gauss(0, 0.8)
        drift_north = 0.95 * drift_north + luck.gauss(0, 0.8)
        east, north, at = east + 2 * speed[0], north + 2 * speed[1], at + timedelta(seconds=2)
        lat, lng = moved(corner, east_m=east + drift_east, north_m=north + drift_north)
        fixes.append(Fix(round(lat, 6), round(lng, 6), corner.at + at))
    return fixes

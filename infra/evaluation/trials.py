"""One check-in each: honest as the track has it, or with one thing forged."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import cos, exp, log, pi, radians, sin

from backend.core.geo import gcj02_to_wgs84, wgs84_to_gcj02
from backend.visits import rules
from backend.visits.rules import Code
from infra.evaluation.tracks import METRES_PER_DEGREE, SAMPLES, TrackSet, moved, stays
from infra.main_job.track import Fix

GEOFENCE_M = 300.0
PLACE_OFF_M = 100.0
"""How far off the door the customer's stored place may be."""
EARLIER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Trial:
    samples: tuple[rules.Fix, ...]
    target: rules.Target
    earlier: rules.Earlier | None
    captured_at: datetime
    at: datetime
    photo_bits: int | None = None

    def judged(self, limits: rules.Limits = rules.DEFAULT_LIMITS) -> rules.Finding:
        return rules.judge(
            self.samples,
            target=self.target,
            earlier=self.earlier,
            known_device=True,
            captured_at=self.captured_at,
            at=self.at,
            photo_bits=self.photo_bits,
            limits=limits,
        )


def honest(tracks: TrackSet, luck: random.Random, samples: int = SAMPLES) -> list[Trial]:
    """Every stay of every track: a customer within 100 m, a phone whose clock is off by some 20 s, a reply over a
    mobile network, and where the track is long enough, a check-in at its place a quarter of an hour before."""
    return [_honest(track, start, run, luck) for track in tracks.tracks for start, run in stays(track, samples)]


def _honest(track: Sequence[Fix], start: int, run: Sequence[Fix], luck: random.Random) -> Trial:
    skew = timedelta(seconds=luck.gauss(0, 20))
    tapped_at = run[-1].at + timedelta(seconds=luck.uniform(0, 3))
    bearing, off = luck.uniform(0, 2 * pi), luck.uniform(0, PLACE_OFF_M)
    place = moved(run[-1], east_m=off * cos(bearing), north_m=off * sin(bearing))
    before = next((fix for fix in reversed(track[:start]) if run[0].at - fix.at >= EARLIER), None)
    return Trial(
        samples=tuple(rules.Fix(fix.lat, fix.lng, _accuracy(luck), fix.at + skew) for fix in run),
        target=rules.Target(*place, geofence_m=GEOFENCE_M),
        earlier=rules.Earlier(before.lat, before.lng, _accuracy(luck), before.at) if before else None,
        captured_at=tapped_at + skew,
        at=tapped_at + timedelta(seconds=luck.uniform(0.1, 5)),
    )


def frozen_point(trial: Trial, luck: random.Random) -> Trial:
    """One made-up position, handed out again and again."""
    first = trial.samples[0]
    return replace(trial, samples=tuple(replace(fix, lat=first.lat, lng=first.lng) for fix in trial.samples))


def teleport(trial: Trial, luck: random.Random) -> Trial:
    """From the sofa: the last customer was 20 to 1000 km away and 1 to 10 minutes ago; or the mock is switched on
    between two samples, the first of which is 2 to 100 km away."""
    bearing = luck.uniform(0, 2 * pi)

    def away(fix: rules.Fix, metres: float) -> tuple[float, float]:
        return (
            fix.lat + metres * sin(bearing) / METRES_PER_DEGREE,
            fix.lng + metres * cos(bearing) / METRES_PER_DEGREE / cos(radians(fix.lat)),
        )

    if luck.random() < 0.5:
        place = away(trial.samples[0], _between(luck, 20_000, 1_000_000))
        ago = timedelta(seconds=luck.uniform(60, 600))
        return replace(trial, earlier=rules.Earlier(*place, _accuracy(luck), trial.at - ago))
    first, metres = luck.randint(1, len(trial.samples) - 1), _between(luck, 2_000, 100_000)
    there = [replace(fix, lat=lat, lng=lng) for fix in trial.samples[:first] for lat, lng in [away(fix, metres)]]
    return replace(trial, samples=(*there, *trial.samples[first:]))


def circle(trial: Trial, luck: random.Random) -> Trial:
    """What an app draws that knows of frozen points: even steps on a circle of 2 to 30 m, with 6, 7 or 9 decimals."""
    centre, decimals = trial.samples[0], luck.choice((6, 7, 9))
    radius, begin, step = luck.uniform(2, 30), luck.uniform(0, 2 * pi), radians(luck.uniform(20, 72))

    def on_it(number: int, fix: rules.Fix) -> rules.Fix:
        angle = begin + number * step
        lat = centre.lat + radius * sin(angle) / METRES_PER_DEGREE
        lng = centre.lng + radius * cos(angle) / METRES_PER_DEGREE / cos(radians(centre.lat))
        return replace(fix, lat=round(lat, decimals), lng=round(lng, decimals))

    return replace(trial, samples=tuple(on_it(number, fix) for number, fix in enumerate(trial.samples)))


def old_fix(trial: Trial, luck: random.Random) -> Trial:
    """He was there, 3 minutes to 24 hours before he says so."""
    age = timedelta(seconds=_between(luck, 180, 86_400))
    return replace(trial, samples=tuple(replace(fix, fixed_at=fix.fixed_at - age) for fix in trial.samples))


def shifted_clock(trial: Trial, luck: random.Random) -> Trial:
    """The phone's clock is set 6 minutes to 24 hours off, either way, and its fixes with it."""
    off = timedelta(seconds=_between(luck, 360, 86_400) * luck.choice((-1, 1)))
    samples = tuple(replace(fix, fixed_at=fix.fixed_at + off) for fix in trial.samples)
    return replace(trial, samples=samples, captured_at=trial.captured_at + off)


def wrong_datum(trial: Trial, luck: random.Random) -> Trial:
    """GCJ-02 declared as WGS-84, or WGS-84 declared as GCJ-02 and so converted by the server once too often."""
    convert = luck.choice((wgs84_to_gcj02, gcj02_to_wgs84))
    samples = [replace(fix, lat=lat, lng=lng) for fix in trial.samples for lat, lng in [convert(fix.lat, fix.lng)]]
    return replace(trial, samples=tuple(samples))


FRAUDS: dict[str, tuple[Callable[[Trial, random.Random], Trial], frozenset[Code]]] = {
    "定位冻结 frozen point": (frozen_point, frozenset({Code.IDENTICAL_SAMPLES})),
    "瞬移 teleport": (teleport, frozenset({Code.IMPOSSIBLE_SPEED, Code.TELEPORT})),
    "规则圆形 jitter-free circle": (circle, frozenset({Code.CIRCLE})),
    "旧定位 old fix": (old_fix, frozenset({Code.STALE_FIX})),
    "时钟偏移 shifted clock": (shifted_clock, frozenset({Code.CLOCK_SKEW})),
    "坐标系错误 wrong datum": (wrong_datum, frozenset({Code.WRONG_DATUM})),
}
"""What is forged, and the reasons that name it."""


def _accuracy(luck: random.Random) -> float:
    """Tracks do not record it; phones in a town report about this."""
    return luck.uniform(5, 40)


def _between(luck: random.Random, least: float, most: float) -> float:
    """Evenly by order of magnitude."""
    return exp(luck.uniform(log(least), log(most)))

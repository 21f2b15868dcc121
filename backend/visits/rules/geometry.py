"""The shape of a few samples, in metres on the plane that touches the earth at the first of them."""

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, hypot, pi, radians, sqrt
from typing import NamedTuple

from backend.core.geo import EARTH_RADIUS_M
from backend.visits.rules.evidence import Fix

Point = tuple[float, float]
METRES_PER_DEGREE = EARTH_RADIUS_M * pi / 180


class Circle(NamedTuple):
    radius_m: float
    deviation_m: float
    """The greatest distance of a point from the circle."""
    unevenness_m: float
    """The difference of the longest and the shortest step along it."""


def circle_through(samples: Sequence[Fix]) -> Circle | None:
    """The circle that fits best in the sense of Kåsa (1976): least squares of x² + y² + ax + by + c.

    None where the samples lie on a line or on one spot.
    """
    points = _centred(samples)
    uu = sum(u * u for u, _ in points)
    vv = sum(v * v for _, v in points)
    uv = sum(u * v for u, v in points)
    determinant = uu * vv - uv * uv
    if determinant <= 1e-9 * max(uu, vv) ** 2:
        return None
    a = sum(u * (u * u + v * v) for u, v in points) / 2
    b = sum(v * (u * u + v * v) for u, v in points) / 2
    x, y = (a * vv - b * uv) / determinant, (b * uu - a * uv) / determinant
    radius = sqrt(x * x + y * y + (uu + vv) / len(points))
    angles = [atan2(v - y, u - x) for u, v in points]
    steps = [(after - before + pi) % (2 * pi) - pi for before, after in pairwise(angles)]
    return Circle(
        radius_m=radius,
        deviation_m=max(abs(hypot(u - x, v - y) - radius) for u, v in points),
        unevenness_m=(max(steps) - min(steps)) * radius,
    )


def _centred(samples: Sequence[Fix]) -> list[Point]:
    """Metres east and north of their middle."""
    first = samples[0]
    narrow = cos(radians(first.lat))
    points = [
        ((fix.lng - first.lng) * METRES_PER_DEGREE * narrow, (fix.lat - first.lat) * METRES_PER_DEGREE)
        for fix in samples
    ]
    east, north = sum(u for u, _ in points) / len(points), sum(v for _, v in points) / len(points)
    return [(u - east, v - north) for u, v in points]

"""How a position looks to whoever need not know it exactly, and to everybody once its time is over."""

from typing import NamedTuple

DECIMALS = 2
"""Of a degree: cells of 1.1 km from north to south, in Beijing of 0.85 km from west to east."""
LEAST_ACCURACY_M = 1000.0


class Coarse(NamedTuple):
    lat: float
    lng: float
    accuracy_m: float


def coarse(lat: float, lng: float, accuracy_m: float) -> Coarse:
    """The cell's middle. Twice is once."""
    return Coarse(round(lat, DECIMALS), round(lng, DECIMALS), max(accuracy_m, LEAST_ACCURACY_M))

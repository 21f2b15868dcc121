"""Where things lie on a small map: a plane around its middle, in which a metre is as long in every direction.

Over the few dozen kilometres of a working day the plane is off by less than a pixel, so no map projection is needed.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, cos, floor, log10, radians

METRES_A_DEGREE = 111_195.08
"""Of a great circle on the sphere of `core.geo`."""
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Degrees between two lines of the graticule."""
FEWEST_LINES = 3
ROUND = (5, 2, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the earth and the rectangle of pixels on which it is drawn; north is up."""

    lat: float
    lng: float
    """The middle."""
    metres_a_pixel: float
    left: float
    top: float
    width: float
    height: float

    @property
    def stretch(self) -> float:
        """How much shorter a degree of longitude is than one of latitude."""
        return max(cos(radians(self.lat)), 0.01)

    def place(self, lat: float, lng: float) -> tuple[float, float]:
        east = (lng - self.lng) * METRES_A_DEGREE * self.stretch
        north = (lat - self.lat) * METRES_A_DEGREE
        x = self.left + self.width / 2 + east / self.metres_a_pixel
        return x, self.top + self.height / 2 - north / self.metres_a_pixel

    def meridians(self) -> Iterator[tuple[float, float]]:
        """`(longitude, x)` of the lines that cross it."""
        half = self.width * self.metres_a_pixel / 2 / METRES_A_DEGREE / self.stretch
        for lng in lines_between(self.lng - half, self.lng + half, self._step(self.stretch)):
            yield lng, self.place(self.lat, lng)[0]

    def parallels(self) -> Iterator[tuple[float, float]]:
        """`(latitude, y)` of the lines that cross it."""
        half = self.height * self.metres_a_pixel / 2 / METRES_A_DEGREE
        for lat in lines_between(self.lat - half, self.lat + half, self.step):
            yield lat, self.place(lat, self.lng)[1]

    @property
    def step(self) -> float:
        """Degrees between parallels; meridians are no nearer to each other."""
        return self._step(1)

    def _step(self, stretch: float) -> float:
        """The widest of STEPS that still draws FEWEST_LINES across the narrower way, of degrees so much shorter."""
        narrow = min(self.width, self.height) * self.metres_a_pixel / METRES_A_DEGREE / stretch
        return STEPS[max(0, bisect_left(STEPS, narrow / FEWEST_LINES) - 1)]


def window_around(
    places: Iterable[tuple[float, float]], *, box: tuple[float, float, float, float], least_m: float, margin: float
) -> Window:
    """Shows all places, `margin` pixels inside the box (left, top, width, height), and never less than `least_m`."""
    width, height = box[2:]
    lats, lngs = zip(*places, strict=True)
    lat, lng = (min(lats) + max(lats)) / 2, (min(lngs) + max(lngs)) / 2
    north = (max(lats) - min(lats)) * METRES_A_DEGREE
    east = (max(lngs) - min(lngs)) * METRES_A_DEGREE * max(cos(radians(lat)), 0.01)
    needed = max(north / (height - 2 * margin), east / (width - 2 * margin))
    return Window(lat, lng, max(needed, least_m / min(width, height)), *box)


def lines_between(low: float, high: float, step: float) -> Iterator[float]:
    for number in range(ceil(low / step), floor(high / step) + 1):
        yield round(number * step, 6)


def bar_length_m(most_m: float) -> int:
    """The longest round length up to that: 1, 2 or 5 with zeros behind it, and at least a metre."""
    power = 10 ** floor(log10(max(most_m, 1.0)))
    return next((digit * power for digit in ROUND if digit * power <= most_m), 1)

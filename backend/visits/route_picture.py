"""A day's route as a picture: our own clean drawing, for no map of somebody else's may be fetched for it.

Drawn at twice its size and reduced, which is how Pillow's lines become smooth. All words are in the active language.
"""

from bisect import bisect_left
from io import BytesIO
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from backend.core.text import bilingual
from backend.files.watermark import font, legible
from backend.visits.models import Visit, VisitPlan
from backend.visits.rules import Coarse, Verdict
from backend.visits.rules.mapping import Window, bar_length_m, window_around
from backend.visits.services.day_routes import DayRoute, Stop

WIDTH, HEIGHT = 720, 960
"""Pixels, where nobody says otherwise: a phone's screen upright."""
LEAST_M = 600.0
LEAST_COARSE_M = 6000.0
"""What a map shows at least, across: a single stop is no reason to draw a doorstep, nor cells of a kilometre."""
SMOOTH = 2
COLOURS = 128
PAPER, INK, FAINT, GRID, LINE, CELL = "#fbfbf8", "#1f2933", "#7b8794", "#dfe3e8", "#3e7bb6", "#e6eef6"
PLANNED = "#9aa5b1"
PINS = {
    Verdict.VERIFIED: "#2f9e44",
    Verdict.UNVERIFIABLE: "#7b5ea7",
    Verdict.OUT_OF_RANGE: "#d9480f",
    Verdict.SUSPECT: "#c92a2a",
}
ACCEPTED, REJECTED = bilingual("已认可", "accepted"), bilingual("不认可", "rejected")
DECISIONS = {"": "", Visit.Decision.ACCEPTED: ACCEPTED, Visit.Decision.REJECTED: REJECTED}

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class _Mark(NamedTuple):
    """Something at a place of the map, with its name beside it."""

    at: Point
    radius: float
    name: str


def draw(route: DayRoute, *, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """PNG of exactly this size."""
    sheet = _Sheet(width * SMOOTH, height * SMOOTH, unit=min(width, height) * SMOOTH / 36)
    listed = min(len(route.stops) + len(route.planned), sheet.most_lines)
    top = sheet.header(_title(route), _subtitle(route))
    foot = sheet.height - sheet.foot_of(listed)
    box = (0.0, top, float(sheet.width), foot - top)
    sheet.map(route, box)
    sheet.foot(route, foot, listed)
    out = BytesIO()
    picture = sheet.picture.reduce(SMOOTH).quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _title(route: DayRoute) -> str:
    return f"{route.owner.name} {route.on:%Y-%m-%d}"


def _subtitle(route: DayRoute) -> str:
    made, km = len(route.stops), route.metres / 1000
    said = bilingual(f"拜访 {made} 次", f"Visits: {made}")
    way = bilingual(f" · 直线 {km:.1f} 公里", f" · {km:.1f} km in straight lines") if made > 1 else ""
    left = len(route.planned)
    rest = bilingual(f" · 未完成计划 {left} 项", f" · planned, not made: {left}") if left else ""
    return f"{said}{way}{rest}"


class _Sheet:
    def __init__(self, width: int, height: int, *, unit: float) -> None:
        """`unit` is the height of a small letter's line; all else is measured in it."""
        self.width, self.height, self.unit = width, height, unit
        self.picture = Image.new("RGB", (width, height), PAPER)
        self.pen = ImageDraw.Draw(self.picture)
        self.fitting: dict[tuple[str, float, float], str] = {}
        self.small, self.plain, self.large = (font(round(unit * share)) for share in (0.8, 1.0, 1.35))

    @property
    def most_lines(self) -> int:
        """Of the list at the foot: it may take a third of the sheet."""
        return int(self.height / 3 / (self.unit * 1.5))

    def header(self, title: str, subtitle: str) -> float:
        edge = self.unit
        self.pen.text((edge, edge * 0.7), self._cut(title, self.large, self.width - 2 * edge), INK, self.large)
        self.pen.text((edge, edge * 2.6), self._cut(subtitle, self.small, self.width - 2 * edge), FAINT, self.small)
        return edge * 4.2

    def foot_of(self, lines: int) -> float:
        return self.unit * (2.6 + 1.5 * lines)

    def map(self, route: DayRoute, box: Box) -> None:
        plans = [(left.plan, left.place) for left in route.planned if left.place]
        places = [(stop.spot.lat, stop.spot.lng) for stop in route.stops] + [place for _, place in plans]
        if not places:
            words = str(bilingual("这一天没有拜访。", "No visits on this day."))
            middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
            self.pen.text(middle, words, FAINT, self.plain, anchor="mm")
            return
        least = LEAST_M if route.exact else LEAST_COARSE_M
        window = window_around(places, box=box, least_m=least, margin=self.unit * 3)
        self._graticule(window)
        self._cells(window, route.stops)
        points = self._points(window, route.stops)
        self._line(points)
        marks = [self._planned(window.place(*place), plan.customer.name) for plan, place in plans]
        marks += [self._pin(stop, at) for stop, at in zip(route.stops, points, strict=True)]
        self._names(marks, box)
        self._scale(window, box)
        self._north(box)
        self.pen.rectangle((box[0], box[1], box[0] + box[2] - 1, box[1] + box[3]), outline=GRID, width=SMOOTH)

    def _graticule(self, window: Window) -> None:
        places = 3 if window.step < 0.01 else 2
        right, bottom = window.left + window.width, window.top + window.height
        for lng, x in window.meridians():
            self.pen.line((x, window.top, x, bottom), GRID, SMOOTH)
            self.pen.text((x + SMOOTH * 2, window.top + SMOOTH * 2), f"{lng:.{places}f}°", FAINT, self.small)
        for lat, y in window.parallels():
            self.pen.line((window.left, y, right, y), GRID, SMOOTH)
            self.pen.text((window.left + SMOOTH * 2, y), f"{lat:.{places}f}°", FAINT, self.small, anchor="ls")

    def _cells(self, window: Window, stops: list[Stop]) -> None:
        """What a rounded position may mean: its cell, of the size that it was rounded to."""
        half = 0.005
        for spot in {stop.spot for stop in stops if not stop.exact}:
            left, top = window.place(spot.lat + half, spot.lng - half)
            right, bottom = window.place(spot.lat - half, spot.lng + half)
            top, bottom = max(top, window.top), min(bottom, window.top + window.height)
            self.pen.rectangle((left, top, right, bottom), fill=CELL)

    def _points(self, window: Window, stops: list[Stop]) -> list[Point]:
        """Those of one spot stand round it in a ring, so that each is seen."""
        at: dict[Coarse, list[Stop]] = {}
        for stop in stops:
            at.setdefault(stop.spot, []).append(stop)
        found: dict[int, Point] = {}
        for spot, here in at.items():
            x, y = window.place(spot.lat, spot.lng)
            ring = self.unit * 0.5 * len(here) if len(here) > 1 else 0.0
            for number, stop in enumerate(here):
                angle = 2 * pi * number / len(here) - pi / 2
                found[stop.number] = x + ring * cos(angle), y + ring * sin(angle)
        return [found[stop.number] for stop in stops]

    def _line(self, points: list[Point]) -> None:
        if len(points) < 2:
            return
        self.pen.line(points, LINE, round(self.unit * 0.2), joint="curve")
        for (x1, y1), (x2, y2) in pairwise(points):
            if hypot(x2 - x1, y2 - y1) > self.unit * 4:
                self._arrow((x1 + x2) / 2, (y1 + y2) / 2, atan2(y2 - y1, x2 - x1))

    def _arrow(self, x: float, y: float, angle: float) -> None:
        size = self.unit * 0.55
        corners = [(x + size * cos(angle + turn), y + size * sin(angle + turn)) for turn in (0, 2.4, -2.4)]
        self.pen.polygon(corners, fill=LINE)

    def _pin(self, stop: Stop, at: Point) -> _Mark:
        (x, y), radius = at, self.unit * 0.75
        colour = PINS[Verdict(stop.visit.verdict)]
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=PAPER, width=2 * SMOOTH)
        self.pen.text((x, y), str(stop.number), "white", self.small, anchor="mm")
        return _Mark(at, radius, stop.visit.customer.name)

    def _planned(self, at: Point, name: str) -> _Mark:
        (x, y), radius = at, self.unit * 0.5
        circle = (x - radius, y - radius, x + radius, y + radius)
        self.pen.ellipse(circle, fill=PAPER, outline=PLANNED, width=2 * SMOOTH)
        return _Mark(at, radius, name)

    def _names(self, marks: list[_Mark], box: Box) -> None:
        """Beside their marks where there is room; the others are found by their numbers in the list."""
        taken = [(m.at[0] - m.radius, m.at[1] - m.radius, m.at[0] + m.radius, m.at[1] + m.radius) for m in marks]
        for mark in marks:
            name = self._cut(mark.name, self.small, self.unit * 9)
            wide, high = self.small.getlength(name), self.unit
            for left, top in _beside(mark, wide, high):
                place = (left, top, left + wide, top + high)
                if _inside(place, box) and not any(_touch(place, other) for other in taken):
                    taken.append(place)
                    self.pen.text((left, top), name, INK, self.small, stroke_width=2 * SMOOTH, stroke_fill=PAPER)
                    break

    def _scale(self, window: Window, box: Box) -> None:
        metres = bar_length_m(window.metres_a_pixel * box[2] / 4)
        long = metres / window.metres_a_pixel
        right, y = box[0] + box[2] - self.unit, box[1] + box[3] - self.unit
        left = right - long
        ends = [(left, y - self.unit * 0.4), (left, y), (right, y), (right, y - self.unit * 0.4)]
        self.pen.line(ends, INK, SMOOTH * 2)
        words = bilingual(f"{metres // 1000} 公里", f"{metres // 1000} km") if metres >= 1000 else f"{metres} m"
        self.pen.text(((left + right) / 2, y - self.unit * 0.5), str(words), INK, self.small, anchor="ms")

    def _north(self, box: Box) -> None:
        x, y, size = box[0] + box[2] - self.unit * 1.6, box[1] + self.unit * 2.2, self.unit * 0.6
        self.pen.polygon([(x, y), (x - size, y + size * 2), (x, y + size * 1.4), (x + size, y + size * 2)], fill=INK)
        self.pen.text((x, y - size * 0.3), str(bilingual("北", "N")), INK, self.small, anchor="ms")

    def foot(self, route: DayRoute, top: float, lines: int) -> None:
        edge, y = self.unit, top + self.unit * 0.6
        self._legend(route, y)
        entries = [_made_line(stop, route) for stop in route.stops] + [
            _planned_line(left.plan) for left in route.planned
        ]
        hidden = len(entries) - lines
        if hidden:
            rest = hidden + 1
            entries = [*entries[: lines - 1], (str(bilingual(f"另有 {rest} 项", f"{rest} more")), FAINT)]
        for number, (words, colour) in enumerate(entries):
            place = (edge, y + self.unit * (1.7 + 1.5 * number))
            self.pen.text(place, self._cut(words, self.plain, self.width - 2 * edge), colour, self.plain)

    def _legend(self, route: DayRoute, y: float) -> None:
        x, radius = self.unit, self.unit * 0.4
        there = {stop.visit.verdict for stop in route.stops}
        shown = [(PINS[verdict], str(verdict.label)) for verdict in PINS if verdict.value in there]
        if route.planned:
            shown.append((PLANNED, str(bilingual("未完成的计划", "planned, not made"))))
        if not route.exact:
            shown.append((CELL, str(bilingual("位置取约 1 公里的格子", "places to about 1 km"))))
        for colour, words in shown:
            wide = self.small.getlength(words)
            if x + wide + radius * 3 > self.width - self.unit / 2:
                return
            middle = y + self.unit * 0.5
            self.pen.ellipse((x, middle - radius, x + 2 * radius, middle + radius), fill=colour, outline=FAINT)
            self.pen.text((x + radius * 3, middle), words, FAINT, self.small, anchor="lm")
            x += wide + self.unit * 2.2

    def _cut(self, text: str, letters: ImageFont.FreeTypeFont, wide: float) -> str:
        """On one line, the end left out where it does not fit; a name that comes again is measured once."""
        key = text, letters.size, wide
        if key not in self.fitting:
            self.fitting[key] = _fitted(legible(" ".join(text.split())), letters, wide)
        return self.fitting[key]


def _fitted(text: str, letters: ImageFont.FreeTypeFont, wide: float) -> str:
    if letters.getlength(text) <= wide:
        return text
    cuts = range(1, len(text) + 1)
    kept = bisect_left(cuts, True, key=lambda cut: letters.getlength(text[:cut] + "…") > wide)
    return text[:kept] + "…"


def _made_line(stop: Stop, route: DayRoute) -> tuple[str, str]:
    visit = stop.visit
    came = (visit.came_at or visit.started_at).astimezone(route.zone)
    took = bilingual(f"{visit.minutes} 分钟", f"{visit.minutes} min") if visit.minutes is not None else ""
    said = [visit.customer.name, str(took), str(Verdict(visit.verdict).label), str(DECISIONS[visit.decision])]
    return f"{stop.number}. {came:%H:%M} {' · '.join(filter(None, said))}", INK


def _planned_line(plan: VisitPlan) -> tuple[str, str]:
    return f"○ {plan.customer.name}", FAINT


def _beside(mark: _Mark, wide: float, high: float) -> list[Point]:
    (x, y), away = mark.at, mark.radius * 1.3
    return [
        (x + away, y - high / 2),
        (x - away - wide, y - high / 2),
        (x - wide / 2, y - away - high),
        (x - wide / 2, y + away),
    ]


def _inside(place: Box, box: Box) -> bool:
    return place[0] >= 0 and place[2] <= box[0] + box[2] and place[1] >= box[1] and place[3] <= box[1] + box[3]


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

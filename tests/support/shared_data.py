"""Real data that may be used in tests and not shipped. It lies beside the repository; without it a test is skipped."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
OWN = ROOT / "tests" / "data"


def shared(name: str) -> Path:
    """The file or folder with this path in the shared data."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"no shared data: {name}")
    return path


@dataclass(frozen=True, slots=True)
class Point:
    """One fix of a track, WGS-84."""

    lat: float
    lng: float
    at: datetime


OWN_TRACK = OWN / "gps" / "synthetic-shanghai.plt"
REAL_TRACKS = ("gps/000-20081023025304.plt", "gps/000-20081024020959.plt", "gps/001-20081023055305.plt")


def track(path: Path) -> list[Point]:
    """A GeoLife file: six lines of header, then latitude, longitude, 0, feet, days since 1899-12-30, date, time UTC."""
    points = []
    for line in path.read_text().splitlines()[6:]:
        lat, lng, _, _, _, day, time = line.split(",")
        points.append(Point(float(lat), float(lng), datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)))
    return points

"""Positions of a real receiver, dated now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend.core.geo import CRS, wgs84_to_gcj02
from infra.demo.own import DATA
from infra.demo.paths import GPS

HEADER_LINES = 6
ACCURACY_M = 8.0
"""Tracks do not record it; a phone under open sky reports about this."""


@dataclass(frozen=True, slots=True)
class Fix:
    """WGS-84."""

    lat: float
    lng: float
    at: datetime


def read_track(text: str) -> list[Fix]:
    """A GeoLife file: after six lines `lat,lng,0,altitude in feet,days,date,time`, in UTC."""
    fields = (line.split(",") for line in text.splitlines()[HEADER_LINES:] if line)
    return [
        Fix(float(lat), float(lng), datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC))
        for lat, lng, _, _, _, day, time in fields
    ]


def usual_track() -> Path:
    """A real track where one is at hand, else our synthetic one; both begin at the same corner."""
    real = GPS / "000-20081023025304.plt"
    return real if real.exists() else DATA / "track.plt"


def samples(fixes: Sequence[Fix], *, now: datetime, crs: CRS = "wgs84") -> list[dict[str, Any]]:
    """As a phone reports them in this coordinate system, the last one taken now."""
    last = fixes[-1].at
    found = []
    for fix in fixes:
        lat, lng = wgs84_to_gcj02(fix.lat, fix.lng) if crs == "gcj02" else (fix.lat, fix.lng)
        fixed_at = (now - (last - fix.at)).isoformat()
        place = {"lat": round(lat, 6), "lng": round(lng, 6), "accuracy_m": ACCURACY_M, "crs": crs}
        found.append({**place, "fixed_at": fixed_at, "source": "gps"})
    return found

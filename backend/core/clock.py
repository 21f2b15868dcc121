"""The server's clock. Services take `at` as a parameter; only the edges (routers, tasks, commands) ask."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def now() -> datetime:
    return datetime.now(UTC)


def today_in(timezone: str, at: datetime) -> date:
    """The calendar day on which a person in this IANA time zone lives at this moment."""
    return at.astimezone(ZoneInfo(timezone)).date()


def start_of(day: date, timezone: str) -> datetime:
    """The moment at which this calendar day begins for a person in this IANA time zone."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)

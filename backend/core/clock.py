"""The server's clock, the only one by which anything is judged.

Services take `at` as a parameter; only the edges (routers, tasks, commands) ask. What somebody sees at this moment
(`visible_to`, a count for the home screen) has no such parameter and asks here, never the database: two clocks would
disagree about the moment at which a delegation ends. The database's own serves for columns that tell an order.
"""

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

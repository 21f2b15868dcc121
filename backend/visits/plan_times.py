"""The day and the times of a plan fit together."""

from datetime import date, datetime

from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.core.errors import Invalid
from backend.directory.selectors import timezone_of
from backend.visits.errors import EndsTooEarly, StartsAnotherDay


def wrong_times(
    *, planned_on: date, starts_at: datetime | None, ends_at: datetime | None, timezone: str
) -> type[Invalid] | None:
    if ends_at is not None and (starts_at is None or ends_at <= starts_at):
        return EndsTooEarly
    if starts_at is not None and today_in(timezone, starts_at) != planned_on:
        return StartsAnotherDay
    return None


def require_right_times(
    *, actor: Actor, planned_on: date, starts_at: datetime | None, ends_at: datetime | None
) -> None:
    """Raises EndsTooEarly, StartsAnotherDay."""
    if starts_at is None and ends_at is None:
        return
    timezone = timezone_of(company_id=actor.company_id)
    if wrong := wrong_times(planned_on=planned_on, starts_at=starts_at, ends_at=ends_at, timezone=timezone):
        raise wrong()

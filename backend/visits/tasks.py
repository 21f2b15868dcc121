from celery import shared_task

from backend.core import clock
from backend.visits.services import nights, promises, reminders, series


@shared_task(name="visits.extend_series")
def extend_series(**_: object) -> None:
    """Every hour; what one run leaves the next one makes."""
    series.extend_all(at=clock.now())


@shared_task(name="visits.remind")
def remind(**_: object) -> None:
    """Every five minutes."""
    at = clock.now()
    reminders.remind(at=at)
    reminders.follow_up(at=at)
    promises.remind_of_promises(at=at)


@shared_task(name="visits.nights")
def visits_nights(**_: object) -> None:
    """By the hour, from beat: make up for forgotten check-outs, coarsen positions. Running it twice does no harm."""
    at = clock.now()
    nights.close_forgotten(at=at)
    nights.coarsen_positions(at=at)

"""From rows to the broker. One loop, run by the `dispatcher` command; any number of them may run at once."""

import logging
import time
from collections.abc import Callable

import psycopg
from celery import current_app
from django.apps import apps
from django.db import Error as DjangoDatabaseError
from django.db import connection

from backend.events.owed import CHANNEL, Owed

logger = logging.getLogger(__name__)
PUBLISHING = {
    "retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1},
    "timeout": 5,
    "confirm_timeout": 5,
}
"""One quick retry, and no waiting for a broker that takes the message and says nothing: the rows can wait."""
POLL_S = 1.0
"""Rows whose time comes, and notices lost with a connection, are found by polling; this is also the sweep."""


def owed_models() -> list[type[Owed]]:
    return [model for model in apps.get_models() if issubclass(model, Owed)]


def dispatch_due() -> int:
    """Hand every due row to Celery by id. With the broker down the rows stay due and the count is what got through."""
    sent = 0
    for model in owed_models():
        while ids := model.take_due():
            for position, pk in enumerate(ids):
                try:
                    current_app.send_task(model.task_name, kwargs={model.id_argument: pk}, **PUBLISHING)
                except Exception as exc:
                    model.give_back(ids[position:])
                    logger.warning("broker unavailable, %d rows wait: %r", len(ids) - position, exc)
                    return sent
                sent += 1
    return sent


def run(*, stop: Callable[[], bool]) -> None:
    """Listen and poll until `stop()`; survives the loss of database and broker."""
    listening_on = None
    while not stop():
        try:
            connection.ensure_connection()
            if connection.connection is not listening_on:
                listening_on = connection.connection
                listening_on.execute(f"LISTEN {CHANNEL}")
            dispatch_due()  # after LISTEN, so that nothing falls between the look and the wait
            for _ in listening_on.notifies(timeout=POLL_S, stop_after=1):
                pass
        except (DjangoDatabaseError, psycopg.Error, OSError) as exc:
            logger.warning("database unavailable: %r", exc)
            connection.close()
            listening_on = None
            time.sleep(POLL_S)

"""Passive replies: what can be said while the platform waits. Most callbacks are answered by `success` alone."""

import logging
from datetime import datetime

from django.db import connection, transaction

from backend.wechat.callbacks import registry
from backend.wechat.callbacks.messages import Message
from backend.wechat.models import App

logger = logging.getLogger(__name__)
ANSWER_MS = 400
"""For each look into the database. The platform cuts the line after five seconds; we answer within one."""


def passive_reply(*, app: App, message: Message, at: datetime) -> str | None:
    """What a registered answerer says, None where there is none, it has nothing to say, or it fails."""
    answerer = registry.answerer_of(message.name)
    if answerer is None:
        return None
    try:
        return _within_time(answerer, app, message, at)
    except Exception:
        logger.exception("no passive reply to %s", message.name)
        return None


@transaction.atomic
def _within_time(answerer: registry.Answerer, app: App, message: Message, at: datetime) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = {ANSWER_MS}")
    return answerer(app, message, at)

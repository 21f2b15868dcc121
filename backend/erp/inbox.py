"""What a worker does with one message of the inbox."""

from datetime import timedelta

from pydantic import ValidationError

from backend.core import clock
from backend.core.text import in_both
from backend.erp.messages import Message
from backend.erp.models import InboxMessage
from backend.erp.services import incoming
from backend.events.owed import Configuration, PermanentFailure

PARKED_FOR = timedelta(days=30)
"""How long a message waits for an order that nobody knows; then a person must look."""


class Parked(Configuration):
    """Waits for an order. Looked at again when the order is submitted, and now and then in case that went unnoticed."""


def apply(message_id: int) -> bool:
    return InboxMessage.perform(message_id, _apply)


def _apply(stored: InboxMessage) -> None:
    """All that can be applied is; applying it again when the rest can be changes nothing."""
    at = clock.now()
    try:
        message = Message.model_validate(stored.payload)
    except ValidationError as exc:
        raise PermanentFailure(f"stored under other rules: {exc.error_count()} errors") from exc
    report = incoming.apply_message(system=stored.system, message=message, at=at)
    waiting_for = sorted(report.unknown_orders)
    if waiting_for != stored.waiting_for:
        InboxMessage.objects.filter(pk=stored.pk).update(waiting_for=waiting_for)
    problems = "; ".join(f"{problem.about}: {problem.reason}" for problem in report.problems)
    if waiting_for:
        numbers = ", ".join(waiting_for)
        why = in_both(f"等待订单 {numbers}", f"waiting for {numbers}")
        if at < stored.received_at + PARKED_FOR:
            raise Parked(f"{why}; {problems}" if problems else why)
        raise PermanentFailure(why)
    if problems:
        raise PermanentFailure(problems)

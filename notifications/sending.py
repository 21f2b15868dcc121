"""One owed message out through its channel, at least once."""

from notifications.catalogue import RULES
from notifications.channels import CHANNELS
from notifications.channels.base import NotReachable
from notifications.models import Message


def send(message_id: int) -> bool:
    """False where another worker has the message, or it is not due."""
    return Message.perform(message_id, _send)


def _send(message: Message) -> None:
    rule = RULES.get(message.notification.kind)
    if rule is not None and rule.moot(message.notification.event):
        _note(message, outcome=Message.Outcome.MOOT, remark="")
        return
    try:
        external_id = CHANNELS[message.channel].send(message)
    except NotReachable as exc:
        _note(message, outcome=Message.Outcome.NOT_REACHABLE, remark=str(exc)[:255])
    else:
        _note(message, outcome=Message.Outcome.SENT, remark="", external_id=external_id[:128])


def _note(message: Message, **end: str) -> None:
    Message.objects.filter(pk=message.pk).update(**end)

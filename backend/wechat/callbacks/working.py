"""What a worker does with one callback: hand it to whoever handles its kind, in the order of its subject."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from backend.core import clock
from backend.core.text import in_both
from backend.events.owed import Configuration, wake_dispatcher
from backend.wechat.callbacks import registry
from backend.wechat.callbacks.messages import Message
from backend.wechat.callbacks.models import Callback

PATIENCE = timedelta(minutes=2)
"""How long the callbacks about one thing wait for an earlier one that fails; then they pass it by."""
BEHIND = in_both("等待同一对象的上一条回调", "an earlier callback about the same is not done")


def work(callback_id: int) -> bool:
    performed = Callback.perform(callback_id, _handle)
    if performed:
        _wake_next(Callback.objects.get(pk=callback_id))
    return performed


def _handle(callback: Callback) -> None:
    if _must_wait(callback):
        raise Configuration(BEHIND)  # costs no attempt; `_wake_next` comes long before the pause ends
    if callback.error == BEHIND and not callback.waits_no_more():
        return
    message = Message.of(callback.text)
    handler = registry.handler_of(message.name)
    if handler is not None:  # what nobody knows is kept, and done
        handler(callback, message)


def _must_wait(callback: Callback) -> bool:
    blocks = Q(error__in=("", BEHIND)) | Q(received_at__gt=clock.now() - PATIENCE)
    return bool(callback.subject) and _unfinished(callback).filter(blocks, pk__lt=callback.pk).exists()


def _wake_next(callback: Callback) -> None:
    """The next in line, when this one is done; or this one, where the line vanished while it was sent to its end."""
    waiting = _unfinished(callback).filter(error=BEHIND)
    if callback.finished_at is not None and callback.subject:
        following = waiting.filter(pk__gt=callback.pk).order_by("pk").first()
        if following is not None:
            _wake(waiting.filter(pk=following.pk))
    elif callback.error == BEHIND and not _must_wait(callback):
        _wake(waiting.filter(pk=callback.pk))


def _wake(waiting: QuerySet[Callback]) -> None:
    """Due at once, if it waits still: one whose turn came meanwhile is in a worker's hands."""
    if waiting.update(due_at=clock.now(), attempts=0, enqueued_at=None):
        wake_dispatcher()


def _unfinished(callback: Callback) -> QuerySet[Callback]:
    return Callback.objects.filter(app_id=callback.app_id, subject=callback.subject, finished_at=None)

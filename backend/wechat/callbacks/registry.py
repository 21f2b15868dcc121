"""Who does something about which callback. Filled by each app's `ready()`, read by the worker and the endpoint."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from backend.wechat.callbacks.messages import Message

if TYPE_CHECKING:
    from backend.wechat.callbacks.models import Callback
    from backend.wechat.models import App

Handler = Callable[["Callback", Message], None]
Answerer = Callable[["App", Message, datetime], str | None]

_handlers: dict[str, Handler] = {}
_answerers: dict[str, Answerer] = {}


def handle(name: str, handler: Handler) -> None:
    """`handler` runs in a worker, at least once, outside any transaction; what it raises decides as in `Owed.perform`.

    Callbacks about one subject come one after another, in the order in which they arrived.
    """
    _handlers[name] = handler


def answer(name: str, answerer: Answerer) -> None:
    """`answerer` gives the plaintext of a passive reply (`replies`) while the platform waits, or None.

    It may read and must not write: the same callback may come again, and is then answered again. Whoever takes longer
    than `answering.ANSWER_MS` in the database, or fails, is left out: the callback itself is safe by then.
    """
    _answerers[name] = answerer


def handler_of(name: str) -> Handler | None:
    return _handlers.get(name)


def answerer_of(name: str) -> Answerer | None:
    return _answerers.get(name)

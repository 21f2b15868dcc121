"""Who wants to hear of what. Filled by each app's `ready()`, read by `events.services`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from backend.events.models import Event

Handler = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Consumer:
    names: frozenset[str]
    handler: Handler


_consumers: dict[str, Consumer] = {}


def subscribe(consumer: str, names: Iterable[str], *, handler: Handler) -> None:
    """The handler runs in a worker, at least once for each event, in no promised order, outside any transaction."""
    _consumers[consumer] = Consumer(frozenset(names), handler)


def consumers_of(name: str) -> list[str]:
    return [key for key, consumer in _consumers.items() if name in consumer.names]


def handler_of(consumer: str) -> Handler:
    return _consumers[consumer].handler


def subscribed_names() -> set[str]:
    return {name for consumer in _consumers.values() for name in consumer.names}

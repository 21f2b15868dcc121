"""Hand each event to each of its consumers at least once."""

from backend.core.context import Origin, came_from
from backend.events import registry
from backend.events.models import Delivery


def deliver(delivery_id: int) -> bool:
    return Delivery.perform(delivery_id, _hand_over)


def _hand_over(delivery: Delivery) -> None:
    with came_from(Origin(request_id=delivery.event.request_id)):
        registry.handler_of(delivery.consumer)(delivery.event)

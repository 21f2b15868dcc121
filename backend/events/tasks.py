from celery import shared_task

from backend.events import delivery


@shared_task(name="events.deliver")
def deliver(*, delivery_id: int, **_: object) -> None:
    delivery.deliver(delivery_id)

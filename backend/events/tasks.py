from celery import shared_task

from backend.core import clock
from backend.events import delivery, services


@shared_task(name="events.deliver")
def deliver(*, delivery_id: int, **_: object) -> None:
    delivery.deliver(delivery_id)


@shared_task(name="events.forget_old")
def forget_old(**_: object) -> None:
    services.forget_old(at=clock.now())

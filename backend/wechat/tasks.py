from celery import shared_task

from backend.core import clock
from backend.wechat.callbacks import services, working


@shared_task(name="wechat.callback")
def callback(*, callback_id: int, **_: object) -> None:
    working.work(callback_id)


@shared_task(name="wechat.nights")
def nights(**_: object) -> None:
    """By the hour, from beat: forget what is old. Running it twice does no harm."""
    services.forget_old(at=clock.now())

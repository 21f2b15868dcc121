from celery import shared_task

from backend.core import clock
from backend.wechat.callbacks import services as callbacks
from backend.wechat.callbacks import working
from backend.wechat.directory import runs
from backend.wechat.directory import services as directories
from backend.wechat.directory.models import SyncRun
from backend.wechat.services import claims


@shared_task(name="wechat.callback")
def callback(*, callback_id: int, **_: object) -> None:
    working.work(callback_id)


@shared_task(name="wechat.sync_directory", soft_time_limit=SyncRun.lease_s * 5 / 9, time_limit=SyncRun.lease_s * 6 / 9)
def sync_directory(*, run_id: int, **_: object) -> None:
    runs.perform(run_id)


@shared_task(name="wechat.nights")
def nights(**_: object) -> None:
    """By the hour, from beat: owe what the night owes, and forget what is old. Running it twice does no harm."""
    at = clock.now()
    directories.owe_nights(at=at)
    callbacks.forget_old(at=at)
    runs.forget_old(at=at)
    claims.forget_old(at=at)

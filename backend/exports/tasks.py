from uuid import UUID

from celery import shared_task

from backend.core import clock
from backend.exports import making, services
from backend.exports.models import Export


@shared_task(name=Export.task_name, soft_time_limit=Export.TIME_LIMIT_S, time_limit=Export.TIME_LIMIT_S + 60)
def make(*, export_id: UUID, **_: object) -> None:
    making.make(export_id)


@shared_task(name="exports.forget_old")
def forget_old(**_: object) -> None:
    services.forget_old(at=clock.now())

from celery import shared_task

from backend.core import clock
from backend.documents import services


@shared_task(name="documents.forget_old")
def forget_old(**_: object) -> None:
    services.forget_ended_shares(at=clock.now())

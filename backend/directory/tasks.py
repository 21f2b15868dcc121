from celery import shared_task

from backend.core import clock
from backend.directory.services import retention


@shared_task(name="directory.forget_old")
def forget_old(**_: object) -> None:
    """Every hour; an hour that was missed is made up for by the next."""
    retention.forget_old(at=clock.now())

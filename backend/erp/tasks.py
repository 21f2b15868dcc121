from celery import shared_task

from backend.core import clock
from backend.erp import inbox, outbox
from backend.erp.services import incoming


@shared_task(name="erp.push")
def push(*, outbox_id: int, **_: object) -> None:
    outbox.push(outbox_id)


@shared_task(name="erp.apply")
def apply(*, message_id: int, **_: object) -> None:
    inbox.apply(message_id)


@shared_task(name="erp.forget_old")
def forget_old(**_: object) -> None:
    incoming.forget_old(at=clock.now())

from celery import shared_task

from backend.erp import inbox, outbox


@shared_task(name="erp.push")
def push(*, outbox_id: int, **_: object) -> None:
    outbox.push(outbox_id)


@shared_task(name="erp.apply")
def apply(*, message_id: int, **_: object) -> None:
    inbox.apply(message_id)

from celery import shared_task

from notifications import sending


@shared_task(name="notifications.send")
def send(*, message_id: int, **_: object) -> None:
    sending.send(message_id)

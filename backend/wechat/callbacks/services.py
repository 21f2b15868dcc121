"""Taking a callback in: kept once and owed to the worker, before it is answered."""

from datetime import datetime, timedelta

from django.db import transaction

from backend.events.owed import wake_dispatcher
from backend.wechat.callbacks.messages import Message
from backend.wechat.callbacks.models import Callback
from backend.wechat.models import App

KEPT_FOR = timedelta(days=30)
"""Far longer than any repetition; a person may want to see what came, and what came holds personal data."""


@transaction.atomic
def receive(*, app: App, message: Message, at: datetime) -> tuple[Callback, bool]:
    """Keep a verified message and owe its handling; sent again, the stored one and False."""
    callback, created = Callback.objects.get_or_create(
        app=app,
        digest=message.digest,
        defaults={
            "company_id": app.company_id,
            "name": message.name,
            "subject": message.subject,
            "text": message.text,
            "received_at": at,
        },
    )
    if created:
        wake_dispatcher()
    return callback, created


@transaction.atomic
def forget_old(*, at: datetime) -> int:
    """Delete what is done and older than KEPT_FOR; dead letters stay until a person has seen to them."""
    deleted, _ = Callback.objects.filter(status=Callback.Status.DONE, received_at__lt=at - KEPT_FOR).delete()
    return deleted

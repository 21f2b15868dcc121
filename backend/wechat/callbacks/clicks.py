"""Pressed buttons become events of ours: what they mean is the business of whoever sent the card."""

from typing import Any

from django.db import transaction

from backend.core.actor import Actor
from backend.directory.models import Identity
from backend.events import services as events
from backend.events.models import Event
from backend.wechat.callbacks.messages import Message
from backend.wechat.callbacks.models import Callback

CLICKED = "wecom.card_clicked"


def record_click(callback: Callback, message: Message) -> None:
    """One event `wecom.card_clicked` for each callback, however often it is worked on.

    The key names a button and is no permission: whoever acts on it asks again whether this employee may, and whether
    there is still anything to decide. `employee` is null where nobody is bound to the member who clicked.
    """
    click = message.event
    with transaction.atomic():
        locked = Callback.objects.select_for_update().select_related("app").get(pk=callback.pk)
        if _recorded(locked):
            return
        events.record(
            CLICKED,
            locked,
            actor=Actor.system(locked.company_id),
            at=locked.received_at,
            event=click.event,
            corp_id=locked.app.platform_id,
            user_id=click.source,
            employee=_employee(locked, click.source),
            task_id=click.task_id,
            key=click.key,
            card_type=click.card_type,
            selected=getattr(click, "selected", {}),
        )


def response_code(*, callback_id: int) -> str:
    """Changes the card of the clicker once, within 72 hours. Kept out of the event: it is a key, not a fact."""
    click: Any = Message.of(Callback.objects.get(pk=callback_id).text).event
    return str(click.response_code or "")


def _recorded(callback: Callback) -> bool:
    subject_id = Event._meta.get_field("subject_id").to_python(callback.pk)
    return Event.objects.filter(subject_type=callback._meta.label_lower, subject_id=subject_id).exists()


def _employee(callback: Callback, user_id: str) -> str | None:
    found = Identity.objects.filter(
        company_id=callback.company_id,
        provider=Identity.Provider.WECOM,
        tenant=callback.app.platform_id,
        subject_key=(user_id or "").lower(),
    ).values_list("employee_id", flat=True)
    return str(found[0]) if found else None

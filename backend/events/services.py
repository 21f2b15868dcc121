from datetime import datetime

from django.db import models, transaction

from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import Conflict
from backend.events import recording, registry
from backend.events.models import Event


@transaction.atomic(savepoint=False)
def record(name: str, subject: models.Model, /, *, actor: Actor, at: datetime | None = None, **data: object) -> Event:
    """Write the fact and what is owed for it, in the caller's transaction: both exist or neither.

    `data` must be JSON; for a change it holds `before` and `after` of the named fields.
    """
    if getattr(subject, "company_id", actor.company_id) != actor.company_id:
        raise Conflict(message="An event may not cross companies.")
    source = origin()
    event = Event(
        company_id=actor.company_id,
        name=name,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        actor_id=actor.employee_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        data=data,
        request_id=source.request_id,
        address=source.address,
        device=source.device[:128],
        **({"at": at} if at else {}),
    )
    recording.write(event, consumers=registry.consumers_of(name))
    return event

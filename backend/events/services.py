from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import models, transaction

from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import Conflict
from backend.core.forgetting import forget
from backend.core.transactions import commits_in_steps
from backend.events import recording, registry
from backend.events.models import Delivery, Event

AT_ONCE = 1000
DELIVERED = timedelta(days=30)
"""Events themselves are the audit log and stay; that a consumer has had one is of no use for longer."""
T = TypeVar("T")


@transaction.atomic(savepoint=False)
def record(name: str, subject: models.Model, /, *, actor: Actor, at: datetime | None = None, **data: object) -> Event:
    """Write the fact and what is owed for it, in the caller's transaction: both exist or neither.

    `data` must be JSON; for a change it holds `before` and `after` of the named fields.
    """
    event = _event(name, subject, actor=actor, at=at, data=data)
    recording.write(event, consumers=registry.consumers_of(name))
    return event


@transaction.atomic(savepoint=False)
def record_many(
    name: str, facts: Iterable[tuple[models.Model, dict[str, Any]]], /, *, actor: Actor, at: datetime | None = None
) -> int:
    """As `record`, for one name and `(subject, data)` pairs whose subjects are of one model; how many were written.

    A statement for every AT_ONCE of them, so that a handover or an import of thousands costs seconds.
    """
    written = 0
    for chunk in _batched(facts, AT_ONCE):
        events = [_event(name, subject, actor=actor, at=at, data=data) for subject, data in chunk]
        pairs = [(event.subject_id, event.data) for event in events]
        recording.write_many(events[0], pairs, consumers=registry.consumers_of(name))
        written += len(events)
    return written


@commits_in_steps("each portion for itself, so that no transaction grows long")
def forget_old(*, at: datetime) -> int:
    """Delete deliveries that were done long ago; dead letters stay until a person has seen to them."""
    return forget(Delivery.objects.filter(status=Delivery.Status.DONE, finished_at__lt=at - DELIVERED))


def _event(name: str, subject: models.Model, *, actor: Actor, at: datetime | None, data: dict[str, Any]) -> Event:
    if getattr(subject, "company_id", actor.company_id) != actor.company_id:
        raise Conflict(message="An event may not cross companies.")
    source = origin()
    return Event(
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


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`itertools.batched` came with Python 3.12."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch

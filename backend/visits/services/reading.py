"""Who has read a visit, and who likes it. Opening the screen marks nothing: phones load what nobody looks at."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.events import services as events
from backend.visits.errors import OwnVisitLiked
from backend.visits.models import Visit, VisitLike, VisitReading


class Liking(NamedTuple):
    liked: bool
    """By the actor, as it stands now."""
    likes: int


@transaction.atomic
def mark_read(*, actor: Actor, visit_ids: Collection[UUID], at: datetime) -> None:
    """The actor has read these. Twice is once; of his own nothing is noted.

    Raises NotFound, and marks none, where he does not see one. No event: it is read on the visit itself.
    """
    actor.require("visit.read")
    wanted = set(visit_ids)
    owners = dict(Visit.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", "owner_id"))
    if owners.keys() != wanted:
        raise NotFound()
    note_read(visit_ids=[pk for pk, owner in owners.items() if owner != actor.person_id], actor=actor, at=at)


@transaction.atomic
def like(*, actor: Actor, visit_id: UUID, at: datetime) -> Liking:
    """By anybody who sees it but its owner; it counts as read, too. Twice is once, and who takes it back and likes it
    again tells the owner nothing new. Raises OwnVisitLiked."""
    visit = _seen(actor, visit_id)
    if visit.owner_id == actor.person_id:
        raise OwnVisitLiked()
    first = {"company_id": visit.company_id, "liked_at": at}
    given, new = VisitLike.objects.get_or_create(visit=visit, employee_id=actor.person_id, defaults=first)
    if new:
        events.record("visit.liked", visit, actor=actor, at=at, customer=visit.customer.name)
    elif given.taken_back_at is not None:
        given.liked_at, given.taken_back_at = at, None
        given.save(update_fields=["liked_at", "taken_back_at"])
    note_read(visit_ids=[visit.pk], actor=actor, at=at)
    return _liking(actor, visit)


@transaction.atomic
def unlike(*, actor: Actor, visit_id: UUID, at: datetime) -> Liking:
    """Take it back. Twice is once, and so is never having liked it."""
    visit = _seen(actor, visit_id)
    VisitLike.objects.filter(visit=visit, employee_id=actor.person_id, taken_back_at=None).update(taken_back_at=at)
    return _liking(actor, visit)


@transaction.atomic(savepoint=False)
def note_read(*, visit_ids: Collection[UUID], actor: Actor, at: datetime) -> None:
    """Of visits that he sees, which are not his own: where saying something about one shows that he has read it."""
    VisitReading.objects.bulk_create(
        [
            VisitReading(company_id=actor.company_id, visit_id=pk, employee_id=actor.person_id, read_at=at)
            for pk in sorted(visit_ids)
        ],
        ignore_conflicts=True,
    )


def _seen(actor: Actor, visit_id: UUID) -> Visit:
    """Locked, so that of two likes at once one is the first."""
    actor.require("visit.read")
    visit: Visit = Visit.objects.select_related("customer").get_visible(actor, visit_id, lock=True)
    return visit


def _liking(actor: Actor, visit: Visit) -> Liking:
    people = VisitLike.objects.filter(visit=visit, taken_back_at=None).values_list("employee_id", flat=True)
    who = set(people)
    return Liking(actor.employee_id in who, len(who))

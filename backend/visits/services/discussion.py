"""What others say about a visit."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused
from backend.core.ids import new_id
from backend.directory.selectors import get_employee
from backend.events import services as events
from backend.visits.models import Visit, VisitComment
from backend.visits.services.reading import note_read


@transaction.atomic
def comment(
    *, actor: Actor, visit_id: UUID, id: UUID | None = None, text: str, at: datetime
) -> tuple[VisitComment, bool]:
    """By anybody who sees the visit, and so has read it. The new one and True; sent again, the stored one and False."""
    visit: Visit = Visit.objects.select_related("customer", "owner").get_visible(actor, visit_id, lock=True)
    said = VisitComment(
        id=id or new_id(),
        company_id=actor.company_id,
        visit=visit,
        author=get_employee(actor=actor, employee_id=actor.person_id),
        text=text,
        created_at=at,
    )
    if stored := VisitComment.objects.select_related("author").filter(pk=said.pk).first():
        if any(getattr(stored, field) != getattr(said, field) for field in VisitComment.CONTENT):
            raise IdReused()
        return stored, False
    said.save(force_insert=True)
    visit.change()
    if visit.owner_id != actor.person_id:
        note_read(visit_ids=[visit.pk], actor=actor, at=at)
    events.record("visit.commented", visit, actor=actor, at=at, author=said.author.name, text=text)
    return said, True

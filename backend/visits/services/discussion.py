"""What others say about a visit: comments, and the decision about a doubtful check-in."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused
from backend.core.ids import new_id
from backend.directory.selectors import get_employee
from backend.events import services as events
from backend.visits.errors import AlreadyReviewed, NothingToReview, OwnVisit, ReasonRequired
from backend.visits.models import Visit, VisitComment


@transaction.atomic
def comment(
    *, actor: Actor, visit_id: UUID, id: UUID | None = None, text: str, at: datetime
) -> tuple[VisitComment, bool]:
    """By anybody who sees the visit. The new comment and True; sent again, the stored one and False."""
    visit = _seen(actor, visit_id)
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
    events.record("visit.commented", visit, actor=actor, at=at, author=said.author.name, text=text)
    return said, True


@transaction.atomic
def review(*, actor: Actor, visit_id: UUID, decision: str, reason: str = "", at: datetime) -> Visit:
    """Accept or reject a doubtful check-in; rejecting needs a reason. The same decision twice is once.

    Raises ReasonRequired, NothingToReview, OwnVisit, AlreadyReviewed with the decision that stands.
    """
    actor.require("visit.review")
    visit = _seen(actor, visit_id)
    if visit.owner_id == actor.employee_id:
        raise OwnVisit()
    if not visit.is_doubtful:
        raise NothingToReview()
    if visit.decision:
        if visit.decision != decision:
            raise AlreadyReviewed(decision=visit.decision)
        return visit
    if decision == Visit.Decision.REJECTED and not reason:
        raise ReasonRequired()
    visit.change(decision=decision, decision_reason=reason, decided_by_id=actor.employee_id, decided_at=at)
    events.record("visit.reviewed", visit, actor=actor, at=at, decision=decision, reason=reason)
    return visit


def _seen(actor: Actor, visit_id: UUID) -> Visit:
    visit: Visit = Visit.objects.select_related("customer", "owner").get_visible(actor, visit_id, lock=True)
    return visit

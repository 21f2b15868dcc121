"""What superiors decide about the visits of their people; never about their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.core.transactions import commits_in_steps
from backend.events import services as events
from backend.visits import progress
from backend.visits.errors import (
    AlreadyReviewed,
    NothingToReview,
    NotYourTeam,
    OwnVisit,
    ReasonRequired,
    VisitNotOpen,
)
from backend.visits.models import Visit
from backend.visits.own import finish_plan
from backend.visits.services.reading import note_read


class Outcome(NamedTuple):
    """Of one visit among many; `error` is None where the decision stands now."""

    visit_id: UUID
    error: DomainError | None


@transaction.atomic
def review(*, actor: Actor, visit_id: UUID, decision: str, reason: str = "", at: datetime) -> Visit:
    """Accept or reject a doubtful check-in; rejecting needs a reason. The same decision twice is once.

    Raises ReasonRequired, NothingToReview, OwnVisit, NotYourTeam, AlreadyReviewed with the decision that stands.
    """
    visit = _of_the_team(actor, visit_id)
    if not visit.is_doubtful:
        raise NothingToReview()
    if visit.decision:
        if visit.decision != decision:
            raise AlreadyReviewed(decision=visit.decision)
        return visit
    if decision == Visit.Decision.REJECTED and not reason:
        raise ReasonRequired()
    visit.change(decision=decision, decision_reason=reason, decided_by_id=actor.employee_id, decided_at=at)
    note_read(visit_ids=[visit.pk], actor=actor, at=at)
    events.record("visit.reviewed", visit, actor=actor, at=at, decision=decision, reason=reason)
    return visit


@commits_in_steps("each decision for itself, so that one conflict does not undo the others")
def review_many(
    *, actor: Actor, visit_ids: Sequence[UUID], decision: str, reason: str = "", at: datetime
) -> list[Outcome]:
    """As `review`, for each; what came of each, in the order given. Raises Forbidden for who may review nothing."""
    actor.require("visit.review")
    outcomes = []
    for visit_id in dict.fromkeys(visit_ids):
        try:
            review(actor=actor, visit_id=visit_id, decision=decision, reason=reason, at=at)
            outcomes.append(Outcome(visit_id, None))
        except DomainError as exc:
            outcomes.append(Outcome(visit_id, exc))
    return outcomes


@transaction.atomic
def close_visit(*, actor: Actor, visit_id: UUID, reason: str, at: datetime) -> Visit:
    """Check out for somebody who has forgotten it; marked so, and with the actions that are missing. Twice is once, and
    after his own check-out nothing.

    Raises VisitNotOpen before check-in and after cancelling, OwnVisit, NotYourTeam.
    """
    visit = _of_the_team(actor, visit_id)
    if visit.status == Visit.Status.COMPLETED:
        return visit
    if visit.status != Visit.Status.OPEN:
        raise VisitNotOpen()
    missing = progress.of(visit).missing
    visit.change(
        status=Visit.Status.COMPLETED, checked_out_at=at, closed_by=Visit.ClosedBy.MANAGER, missing_actions=missing
    )
    finish_plan(visit)
    events.record("visit.closed", visit, actor=actor, at=at, customer=visit.customer.name, reason=reason)
    return visit


def _of_the_team(actor: Actor, visit_id: UUID) -> Visit:
    actor.require("visit.review")
    visit: Visit = Visit.objects.select_related("customer", "owner").get_visible(actor, visit_id, lock=True)
    if visit.owner_id == actor.employee_id:
        raise OwnVisit()
    if not visit.in_command(actor):
        raise NotYourTeam()
    return visit

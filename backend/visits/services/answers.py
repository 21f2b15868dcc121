"""What the owner of a visit answers to the actions of its template."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.documents.once import fingerprint
from backend.events import services as events
from backend.events.models import Event
from backend.visits import progress
from backend.visits.answering import value_of
from backend.visits.errors import (
    ActionUnknown,
    AnsweredByPhotos,
    AnswerKind,
    AnswersClosed,
    VisitCancelled,
    VisitNotOpen,
)
from backend.visits.models import ActionAnswer, Visit
from backend.visits.own import own_visit
from backend.visits.progress import Progress
from backend.visits.rules.actions import Kind

CONSUMER = "visit_actions"
HEARD = ("file.refused",)


@transaction.atomic
def answer_action(
    *, actor: Actor, visit_id: UUID, key: str, answer: Mapping[str, Any], at: datetime
) -> tuple[Visit, Progress]:
    """Keep the answer, `{kind: what it holds}`; the visit, and how all its actions stand then. Twice is once.

    It may be rewritten until check-out. After a manager or the night has closed the visit it may still come for
    progress.LATE_FOR, marked so. One to an action that is not asked yet is kept and counts once it is: a phone that was
    offline sends in any order. Raises VisitNotOpen before check-in, VisitCancelled, AnswersClosed, ActionUnknown,
    AnsweredByPhotos, AnswerKind, AnswerInvalid, OrderNotOfVisit.
    """
    visit = own_visit(actor, visit_id)
    if visit.status == Visit.Status.CANCELLED:
        raise VisitCancelled()
    if visit.status == Visit.Status.CREATED:
        raise VisitNotOpen()
    before = progress.of(visit)
    action = next((action for action in before.actions if action["key"] == key), None)
    if action is None:
        raise ActionUnknown()
    if action["kind"] == Kind.PHOTO:
        raise AnsweredByPhotos(tag=action["photo"]["tag"])
    if set(answer) != {action["kind"]}:
        raise AnswerKind(kind=action["kind"])
    stored = ActionAnswer.objects.filter(visit=visit, key=key).first()
    sent = fingerprint(answer)
    if stored and bytes(stored.answered_from) == sent:
        return visit, before
    late = visit.status == Visit.Status.COMPLETED
    if late and (visit.closed_by == Visit.ClosedBy.OWNER or not progress.may_come_late(visit, at)):
        raise AnswersClosed()
    value = value_of(visit, action, answer[action["kind"]])
    ActionAnswer.objects.update_or_create(
        visit=visit,
        key=key,
        defaults={
            "company_id": visit.company_id,
            "kind": action["kind"],
            "value": value,
            "answered_from": sent,
            "is_late": late,
            "answered_at": at,
        },
    )
    now = progress.keep_in_step(visit)
    visit.change(missing_actions=visit.missing_actions)
    told = {"before": {"answer": stored.value if stored else None}, "after": {"answer": value}}
    events.record("visit.action_answered", visit, actor=actor, at=at, action=key, late=late, **told)
    return visit, now


@transaction.atomic
def handle(event: Event) -> None:
    """Of an event of HEARD, any number of times: a refused photo answers nothing, also where the visit is over."""
    photographed = Visit.objects.filter(photos__attachment_id=event.subject_id, template_version__isnull=False)
    for visit in photographed.select_for_update(of=("self",)).order_by("pk"):
        before = visit.missing_actions
        progress.keep_in_step(visit)
        if visit.missing_actions != before:
            visit.change(missing_actions=visit.missing_actions)
            told = {"actions": visit.missing_actions}
            events.record("visit.found_incomplete", visit, actor=Actor.system(visit.company_id), at=event.at, **told)

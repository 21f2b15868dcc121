"""The home screen in one call: the day's plans, the open visit, what waits for a decision, what is unread."""

from dataclasses import dataclass
from datetime import date, datetime

from backend.approvals import selectors as approvals
from backend.core.actor import Actor
from backend.directory import selectors as directory
from backend.visits import selectors as visits
from backend.visits.models import Visit, VisitPlan
from notifications import selectors as notifications


@dataclass(frozen=True, slots=True)
class Today:
    date: date
    plans: list[VisitPlan]
    open_visit: Visit | None
    open_tasks: int
    unread_notifications: int


@dataclass(frozen=True, slots=True)
class Unread:
    notifications: int
    tasks: int


def unread(*, actor: Actor) -> Unread:
    """In two queries, each a look into a partial index."""
    return Unread(notifications=notifications.unread_count(actor=actor), tasks=approvals.open_task_count(actor=actor))


def today(*, actor: Actor, at: datetime) -> Today:
    """Of the actor himself, whatever else he may see; five queries however much there is."""
    day = directory.today_of(company_id=actor.company_id, at=at)
    return Today(
        date=day,
        plans=list(visits.plans_on(actor=actor, day=day)),
        open_visit=visits.open_visit(actor=actor),
        open_tasks=approvals.open_task_count(actor=actor),
        unread_notifications=notifications.unread_count(actor=actor),
    )

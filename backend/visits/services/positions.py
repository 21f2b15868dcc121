"""Exact positions: shown on request, and every look of somebody else is written down."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.events import services as events
from backend.visits.errors import NotYourTeam
from backend.visits.models import CheckInSample, Visit
from backend.visits.selectors import terms


class Positions(NamedTuple):
    visit: Visit
    samples: list[CheckInSample]
    coarse: bool
    """Their time is over: what is shown has been rounded for good."""


@transaction.atomic
def read_positions(*, actor: Actor, visit_id: UUID, at: datetime) -> Positions:
    """As the phone sent them. Recorded as `visit.positions_read` unless they are the reader's own.

    Raises NotFound, Forbidden without `visit.positions`, NotYourTeam for who sees the visit and is not in command.
    """
    actor.require("visit.read")
    visit: Visit = Visit.objects.select_related("customer", "owner").get_visible(actor, visit_id)
    if visit.owner_id != actor.employee_id:
        actor.require("visit.positions")
        if not visit.in_command(actor):
            raise NotYourTeam()
        events.record("visit.positions_read", visit, actor=actor, at=at)
    until = terms.policy_of(company_id=actor.company_id, at=at).coarse_until
    samples = list(visit.samples.order_by("pk"))
    return Positions(visit, samples, until is not None and visit.started_at <= until)


@transaction.atomic
def look_at_photo(*, actor: Actor, attachment_id: UUID, at: datetime) -> bool:
    """Whether he may see exactly where this file of a visit was made (`files.bearers`): by the rule of
    `read_positions`, and recorded in the same way."""
    visits = Visit.objects.visible_to(actor).select_related("owner").filter(photos__attachment_id=attachment_id)
    for visit in visits if actor.may("visit.read") else ():
        if visit.owner_id == actor.employee_id:
            return True
        if actor.may("visit.positions") and visit.in_command(actor):
            events.record("visit.positions_read", visit, actor=actor, at=at)
            return True
    return False

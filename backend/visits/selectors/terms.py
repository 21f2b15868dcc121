"""On what terms check-ins are taken."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.visits.models import Consent, ConsentText, VisitPolicy


class ConsentState(NamedTuple):
    text: ConsentText | None
    """The present one; None where the company has published none and so asks nobody."""
    given_at: datetime | None

    @property
    def required(self) -> bool:
        """Before the next check-in."""
        return self.text is not None and self.given_at is None


def get_policy(*, actor: Actor, at: datetime) -> VisitPolicy:
    """The company's, or the defaults. Who could read the thresholds could keep just below them."""
    actor.require("visit.manage")
    return policy_of(company_id=actor.company_id, at=at)


def policy_of(*, company_id: UUID, at: datetime) -> VisitPolicy:
    return VisitPolicy.objects.filter(company_id=company_id).first() or VisitPolicy.default(company_id, at)


def current_text(*, company_id: UUID) -> ConsentText | None:
    return ConsentText.objects.filter(company_id=company_id).order_by("-version").first()


def list_texts(*, actor: Actor) -> QuerySet[ConsentText]:
    """All versions, the present one first."""
    actor.require("visit.manage")
    return ConsentText.objects.filter(company_id=actor.company_id).order_by("-version")


def consent_state(*, actor: Actor) -> ConsentState:
    """Of the person who asks."""
    text = current_text(company_id=actor.company_id)
    mine = Consent.objects.filter(employee_id=actor.person_id, text=text, withdrawn_at=None)
    return ConsentState(text, mine.values_list("given_at", flat=True).first() if text else None)

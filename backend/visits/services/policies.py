"""A company's thresholds and times, and the text its people agree to."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import VersionConflict
from backend.directory.guards import hold_company
from backend.directory.services import people
from backend.events import services as events
from backend.visits.errors import ConsentOutdated, LimitOutOfRange
from backend.visits.models import Consent, ConsentText, VisitPolicy
from backend.visits.rules import RANGES
from backend.visits.selectors import terms

DAYS_KEPT = (1, 3650)
HOURS_OPEN = (1, 72)


class PolicyChanges(TypedDict):
    """All of it; a limit that is not named goes back to its default."""

    limits: dict[str, float]
    positions_kept_days: int
    closes_after_h: int


@transaction.atomic
def put_policy(*, actor: Actor, version: int, changes: PolicyChanges, at: datetime) -> VisitPolicy:
    """For check-ins from now on; verdicts that stand are not judged again. The same twice is once.

    `version` is 0 before the first change. Raises LimitOutOfRange with the fields, VersionConflict.
    """
    actor.require("visit.manage")
    _require_in_range(changes)
    hold_company(actor)
    policy = VisitPolicy.objects.select_for_update().filter(company_id=actor.company_id).first()
    policy = policy or VisitPolicy.default(actor.company_id, at)
    before = {name: getattr(policy, name) for name in changes}
    if before == changes:
        return policy
    if version != policy.version:
        raise VersionConflict(current_version=policy.version)
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.version, policy.updated_at = policy.version + 1, at
    policy.save()
    events.record("visit_policy.changed", policy, actor=actor, at=at, before=before, after=dict(changes))
    return policy


@transaction.atomic
def publish_consent_text(*, actor: Actor, zh: str, en: str, at: datetime) -> tuple[ConsentText, bool]:
    """The next version and True: who wants to check in must agree to it first. The present text again is that one and
    False."""
    actor.require("visit.manage")
    hold_company(actor)
    current = terms.current_text(company_id=actor.company_id)
    if current and (current.zh, current.en) == (zh, en):
        return current, False
    text = ConsentText.objects.create(
        company_id=actor.company_id, version=current.version + 1 if current else 1, zh=zh, en=en, published_at=at
    )
    events.record("consent_text.published", text, actor=actor, at=at, version=text.version)
    return text, True


@transaction.atomic
def give_consent(*, actor: Actor, text_id: UUID, at: datetime) -> Consent:
    """To the present text, by the person himself. Twice is once. Raises ConsentOutdated with the present one's id."""
    people.one_at_a_time(actor=actor)
    current = terms.current_text(company_id=actor.company_id)
    if current is None or current.pk != text_id:
        raise ConsentOutdated(text_id=current.pk if current else None)
    consent, created = Consent.objects.get_or_create(
        employee_id=actor.person_id,
        text=current,
        withdrawn_at=None,
        defaults={"company_id": actor.company_id, "given_at": at},
    )
    if created:
        events.record("consent.given", current, actor=actor, at=at, version=current.version)
    return consent


@transaction.atomic
def withdraw_consent(*, actor: Actor, at: datetime) -> None:
    """No check-in from now on until it is given anew; what was recorded before stays. Twice is once."""
    people.one_at_a_time(actor=actor)
    held = Consent.objects.filter(employee_id=actor.person_id, withdrawn_at=None).select_related("text")
    for consent in held:
        consent.withdrawn_at = at
        consent.save(update_fields=["withdrawn_at"])
        events.record("consent.withdrawn", consent.text, actor=actor, at=at, version=consent.text.version)


def _require_in_range(changes: PolicyChanges) -> None:
    given: dict[str, Any] = {f"limits.{name}": value for name, value in changes["limits"].items()}
    given |= {name: changes[name] for name in ("positions_kept_days", "closes_after_h")}  # type: ignore[literal-required]
    bounds = {f"limits.{name}": (found.least, found.most) for name, found in RANGES.items()}
    bounds |= {"positions_kept_days": DAYS_KEPT, "closes_after_h": HOURS_OPEN}
    wrong = {
        name: f"{bounds[name][0]:g} – {bounds[name][1]:g}" if name in bounds else str(LimitOutOfRange.message)
        for name, value in given.items()
        if name not in bounds or not bounds[name][0] <= value <= bounds[name][1]
    }
    if wrong:
        raise LimitOutOfRange(fields=wrong)

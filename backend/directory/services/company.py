"""What an administrator decides for the whole company."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.text import bilingual
from backend.directory.features import FEATURES
from backend.directory.guards import hold_company
from backend.directory.models import Company
from backend.directory.roles import ADMINISTRATION
from backend.events import services as events


class UnknownFeature(Invalid):
    code = "unknown_feature"
    message = bilingual("没有这项功能。", "There is no such feature.")


@transaction.atomic
def switch_features(*, actor: Actor, on: Mapping[str, bool], at: datetime) -> Company:
    """Show these parts of the application on the company's phones, or no longer; what is not named stays as it is, so
    two administrators at once do not undo each other. Twice is once. It shows and hides, and forbids nothing: that is
    for the roles. Raises UnknownFeature."""
    actor.require(ADMINISTRATION)
    if unknown := sorted(set(on) - set(FEATURES)):
        raise UnknownFeature(fields={"features": ", ".join(unknown)})
    company = hold_company(actor)
    before = set(company.features_off)
    after = (before | {name for name, shown in on.items() if not shown}) - {name for name, shown in on.items() if shown}
    if after != before:
        company.features_off = [name for name in FEATURES if name in after]
        company.save(update_fields=["features_off"])
        told = {"before": {"features_off": sorted(before)}, "after": {"features_off": sorted(after)}}
        events.record("company.features_switched", company, actor=actor, at=at, **told)
    return company

"""How often customers of each level are to be visited, as the company sets it."""

from datetime import datetime

from django.db import transaction

from backend.core.actor import Actor
from backend.directory.guards import hold_company
from backend.events import services as events
from backend.visits.models import VisitCadence


@transaction.atomic
def put_cadences(*, actor: Actor, days_of_level: dict[str, int], at: datetime) -> dict[str, int]:
    """All of them: `{level: days}`; a level that is not named is not counted any more. The same twice is once."""
    actor.require("visit.manage")
    company = hold_company(actor)
    rows = VisitCadence.objects.filter(company=company)
    before = dict(rows.values_list("level", "every_days"))
    if before != days_of_level:
        rows.exclude(level__in=days_of_level).delete()
        VisitCadence.objects.bulk_create(
            [VisitCadence(company=company, level=level, every_days=days) for level, days in days_of_level.items()],
            update_conflicts=True,
            unique_fields=["company", "level"],
            update_fields=["every_days"],
        )
        events.record("visit_cadences.changed", company, actor=actor, at=at, before=before, after=days_of_level)
    return days_of_level

"""Shortly before a plan's time its owner is told, once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from backend.core.actor import Actor
from backend.core.transactions import commits_in_steps
from backend.events import services as events
from backend.visits.models import Visit, VisitPlan

BEFORE = timedelta(minutes=30)
AT_ONCE = 500


@commits_in_steps("each portion for itself, so that whoever was told stays told")
def remind(*, at: datetime) -> int:
    """Of the plans that begin within the next half hour and have no visit yet; how many. Two at once share them, and a
    plan whose time is changed is told of anew. What was missed while nothing ran is not told afterwards."""
    told = 0
    while batch := _remind_some(at):
        told += batch
    return told


@transaction.atomic
def _remind_some(at: datetime) -> int:
    begun = Visit.objects.filter(plan=OuterRef("pk")).exclude(status=Visit.Status.CANCELLED)
    due = (
        VisitPlan.objects.filter(
            status=VisitPlan.Status.PLANNED,
            reminded_at=None,
            starts_at__gt=at,
            starts_at__lte=at + BEFORE,
            deleted_at=None,
        )
        .exclude(Exists(begun))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("customer", "company")
        .order_by("starts_at", "pk")[:AT_ONCE]
    )
    plans = list(due)
    for plan in plans:
        minutes = int((plan.starts_at - at).total_seconds() // 60) if plan.starts_at else 0
        told = {"customer": plan.customer.name, "minutes": str(minutes)}
        events.record("visit_plan.due_soon", plan, actor=Actor.system(plan.company_id), at=at, **told)
    VisitPlan.objects.filter(pk__in=[plan.pk for plan in plans]).update(reminded_at=at)
    return len(plans)

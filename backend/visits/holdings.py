"""What a handover moves of visits: what is still to be done. What somebody has seen and signed stays his."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from backend.core.text import bilingual
from backend.directory.models import Employee
from backend.directory.selectors import today_of
from backend.documents.holdings import owned
from backend.visits.models import PlanSeries, Visit, VisitPlan


def _planned(leaver: Employee, at: datetime) -> Q:
    """From today on, unless he is there just now: then he is going to finish it."""
    under_way = Visit.objects.filter(plan=OuterRef("pk"), status=Visit.Status.OPEN)
    today = today_of(company_id=leaver.company_id, at=at)
    return Q(status=VisitPlan.Status.PLANNED, planned_on__gte=today) & Q(~Exists(under_way))


def _created(leaver: Employee, at: datetime) -> Q:
    """Not begun, and of no day that has passed."""
    today = today_of(company_id=leaver.company_id, at=at)
    return Q(status=Visit.Status.CREATED) & (Q(plan=None) | Q(plan__planned_on__gte=today))


def _open_visits(leaver: Employee) -> int:
    return Visit.objects.filter(owner_id=leaver.pk, status=Visit.Status.OPEN).count()


PLANS = owned(
    VisitPlan,
    key="visit_plans",
    name=bilingual("拜访计划", "Visit plans"),
    order=30,
    event="visit_plan",
    where=_planned,
    label=lambda plan: f"{plan.planned_on} {plan.customer.name}",
    related=("customer",),
)
SERIES = owned(
    PlanSeries,
    key="visit_series",
    name=bilingual("周期拜访", "Recurring visits"),
    order=35,
    event="plan_series",
    where=lambda leaver, at: Q(ended_at=None),
    label=lambda series: f"{series.get_kind_display()} {series.customer.name}",
    related=("customer",),
)
VISITS = owned(
    Visit,
    key="visits",
    name=bilingual("未签到的拜访", "Visits not begun"),
    order=40,
    event="visit",
    where=_created,
    label=lambda visit: visit.customer.name,
    related=("customer",),
)
OPEN_VISIT = (
    "open_visit",
    bilingual("他有一次拜访尚未签退，将留在他名下。", "He has a visit without check-out; it stays his."),
    _open_visits,
)

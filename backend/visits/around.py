"""What visits and plans say about a customer."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

from backend.core.actor import Actor
from backend.customers.around import Entry, Facet
from backend.visits.known import sees_promises
from backend.visits.models import PaymentPromise, PlanSeries, Visit, VisitPlan


def _visits(*, actor: Actor, rows: Any) -> dict[str, Any]:
    done = Q(status=Visit.Status.COMPLETED)
    figures: dict[str, Any] = rows.aggregate(
        count=Count("pk", filter=Q(checked_in_at__isnull=False)),
        completed=Count("pk", filter=done),
        verified=Count("pk", filter=Q(verdict=Visit.Verdict.VERIFIED)),
    )
    begun = rows.filter(checked_in_at__isnull=False).select_related("owner").annotate(promise=_promise(rows))
    last = begun.order_by("-started_at", "-pk").first()
    figures["last"] = last and {
        "id": last.pk,
        "at": last.checked_in_at,
        "owner": last.owner.name,
        "verdict": last.verdict,
        "next_step": last.next_step,
        "next_on": last.next_on,
    }
    promise = last and last.promise
    figures["promise"] = promise and _as_seen(promise, actor)
    return figures


def _as_seen(promise: dict[str, Any], actor: Actor) -> dict[str, Any]:
    owner_id = UUID(promise.pop("owner_id"))
    return promise if sees_promises(actor, owner_id) else promise | {"amount": None}


def _promise(rows: Any) -> Subquery:
    """Of money, the one for the latest day; in the query that reads the last visit anyway."""
    amount = JSONObject(amount=Cast("amount", TextField()), currency="currency")
    told = JSONObject(visit_id="visit_id", owner_id="visit__owner_id", amount=amount, promised_on="promised_on")
    promises = PaymentPromise.objects.filter(visit__in=rows.values("pk")).order_by("-promised_on", "-pk")
    return Subquery(promises.values(told=told)[:1])


def _plans(*, actor: Actor, rows: Any) -> dict[str, Any]:
    planned = rows.filter(status=VisitPlan.Status.PLANNED)
    following = planned.select_related("owner").order_by("-planned_on", "-pk").first()
    return {"last_planned": following and {"on": following.planned_on, "owner": following.owner.name}}


def _entry(visit: Visit) -> Entry:
    return Entry(title=visit.summary or visit.purpose, status=visit.status)


VISITS = Facet(
    key="visits",
    model=Visit,
    capability="visit.read",
    order=40,
    overview=_visits,
    happened="started_at",
    entry=_entry,
)
SERIES = Facet(key="series", model=PlanSeries, capability="visit.read", order=20)
PLANS = Facet(key="plans", model=VisitPlan, capability="visit.read", order=30, overview=_plans)

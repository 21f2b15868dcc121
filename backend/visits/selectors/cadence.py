"""Who is to be visited: by the cadence of a customer's level, counted from the last visit of anybody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, DateTimeField, DurationField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.visits.models import Visit
from backend.visits.selectors.planning import cadences

SOON = timedelta(days=7)
VISITED = (Customer.Status.PROSPECT, Customer.Status.ACTIVE)
"""Nobody is sent to the others."""


class DueState(StrEnum):
    NEVER = "never"
    OVERDUE = "overdue"
    DUE = "due"
    ON_TIME = "on_time"


@dataclass(frozen=True, slots=True)
class DueCount:
    """Of one person's customers whose level has a cadence."""

    owner_id: UUID
    owner_name: str
    department_id: UUID
    department_name: str
    never: int
    overdue: int
    due: int
    on_time: int


def due_customers(
    *,
    actor: Actor,
    at: datetime,
    state: DueState | None = None,
    owner_id: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> QuerySet[Customer]:
    """Those with an owner and a cadence, longest due first, each with `last_visit_at`, `due_at`, `every` and `state`;
    `after` names the last one seen.

    Visits count from check-in on, unless a manager has rejected them. Never visited: due since it was entered.
    """
    rows: Any = _counted(actor, at).select_related("owner")
    if state:
        rows = rows.filter(state=state.value)
    if owner_id:
        rows = rows.filter(owner_id=owner_id)
    if after:
        due_at, pk = after
        rows = rows.filter(due_at__gte=due_at).filter(Q(due_at__gt=due_at) | Q(pk__gt=pk))
    found: QuerySet[Customer] = rows.order_by("due_at", "id")
    return found


def due_counts(*, actor: Actor, at: datetime) -> list[DueCount]:
    """By person; his customers lie in his department, so teams are sums of these."""
    people = _counted(actor, at).values("owner_id", "owner__name", "owner__department_id", "owner__department__name")
    counted: Any = people.annotate(
        **{state.value: Count("pk", filter=Q(state=state.value)) for state in DueState}
    ).order_by("owner__name", "owner_id")
    return [
        DueCount(
            owner_id=row["owner_id"],
            owner_name=row["owner__name"],
            department_id=row["owner__department_id"],
            department_name=row["owner__department__name"],
            **{state.value: row[state.value] for state in DueState},
        )
        for row in counted
    ]


def _counted(actor: Actor, at: datetime) -> QuerySet[Customer]:
    actor.require("visit.read")
    actor.require("customer.read")
    days = cadences(actor=actor)
    last = (
        Visit.objects.filter(
            company_id=actor.company_id,
            customer=OuterRef("pk"),
            status__in=(Visit.Status.OPEN, Visit.Status.COMPLETED),
            deleted_at=None,
        )
        .exclude(decision=Visit.Decision.REJECTED)
        .order_by("-started_at", "-id")
        .values("checked_in_at")[:1]
    )
    every = Case(
        *(When(level=level, then=Value(timedelta(days=count))) for level, count in days.items()),
        default=Value(timedelta(0)),
        output_field=DurationField(),
    )
    rows: QuerySet[Customer] = Customer.objects.visible_to(actor).filter(
        owner__isnull=False, level__in=list(days), status__in=VISITED
    )
    return rows.annotate(
        last_visit_at=Subquery(last, output_field=DateTimeField()),
        every=every,
        due_at=Coalesce(F("last_visit_at") + F("every"), F("created_at"), output_field=DateTimeField()),
        state=Case(
            When(last_visit_at=None, then=Value(DueState.NEVER.value)),
            When(due_at__lt=at, then=Value(DueState.OVERDUE.value)),
            When(due_at__lt=at + SOON, then=Value(DueState.DUE.value)),
            default=Value(DueState.ON_TIME.value),
        ),
    )

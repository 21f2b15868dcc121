"""What is made up for and forgotten by night, in every company. Each may be repeated, and killed anywhere."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Subquery

from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.core.transactions import commits_in_steps
from backend.directory.models import Company
from backend.events import services as events
from backend.files import services as files
from backend.visits import progress
from backend.visits.models import Visit, VisitPhoto, VisitPolicy
from backend.visits.own import finish_plan
from backend.visits.rules import DECIMALS, LEAST_ACCURACY_M
from backend.visits.selectors import terms

AT_ONCE = 2000


@commits_in_steps("each visit for itself, so that none waits for another")
def close_forgotten(*, at: datetime) -> int:
    """Check out of what was left open over the company's midnight and for longer than its policy says; how many.

    One that somebody is writing just now is left to the next hour.
    """
    closed = 0
    for company in _with_open_visits():
        policy = terms.policy_of(company_id=company.pk, at=at)
        midnight = datetime.combine(today_in(company.timezone, at), time.min, ZoneInfo(company.timezone))
        before = min(midnight.astimezone(UTC), at - timedelta(hours=policy.closes_after_h))
        forgotten = Visit.objects.filter(company=company, status=Visit.Status.OPEN, checked_in_at__lt=before)
        for visit_id in list(forgotten.values_list("pk", flat=True)):
            closed += _close(visit_id, at)
    return closed


@commits_in_steps("each portion for itself, with the mark up to where it is done")
def coarsen_positions(*, at: datetime) -> int:
    """Round the positions of visits that are older than the company keeps them exactly; how many visits that were."""
    coarsened = 0
    for company_id in Company.objects.values_list("pk", flat=True):
        while some := _coarsen_some(company_id, at):
            coarsened += some
    return coarsened


@transaction.atomic
def coarsen_late(*, attachment_id: UUID, company_id: UUID, at: datetime) -> None:
    """Of a file that came to a visit after the nights had passed over it. Twice is once."""
    until = VisitPolicy.objects.filter(company_id=company_id).values("coarse_until")
    photos = VisitPhoto.objects.filter(company_id=company_id, attachment_id=attachment_id)
    ids = photos.filter(visit__started_at__lte=Subquery(until)).values_list("attachment_id", flat=True)
    files.coarsen_places(attachment_ids=ids, decimals=DECIMALS, at=at)


def _with_open_visits() -> list[Company]:
    held = Visit.objects.filter(status=Visit.Status.OPEN).values("company_id")
    return list(Company.objects.filter(pk__in=held))


@transaction.atomic
def _close(visit_id: UUID, at: datetime) -> int:
    rows = Visit.objects.select_for_update(skip_locked=True, of=("self",)).select_related("customer")
    visit = rows.filter(pk=visit_id, status=Visit.Status.OPEN).first()
    if visit is None:
        return 0
    missing = progress.of(visit).missing
    visit.change(
        status=Visit.Status.COMPLETED, checked_out_at=at, closed_by=Visit.ClosedBy.SYSTEM, missing_actions=missing
    )
    finish_plan(visit)
    actor = Actor.system(visit.company_id)
    events.record("visit.closed", visit, actor=actor, at=at, customer=visit.customer.name, reason="")
    return 1


_AGED = "visit.company_id = %(company)s AND visit.started_at > %(since)s AND visit.started_at <= %(until)s"
_ROUNDED = "round({0}::numeric, {1})::float8"


def _rounded(*columns: str) -> str:
    rounded = [f"{name} = {_ROUNDED.format(f'{{0}}.{name}', DECIMALS)}" for name in columns]
    return ", ".join([*rounded, f"accuracy_m = greatest({{0}}.accuracy_m, {LEAST_ACCURACY_M})"])


_VISITS = f"""
    UPDATE visits_visit visit SET {_rounded("lat", "lng").format("visit")}
    WHERE {_AGED} AND visit.checked_in_at IS NOT NULL
"""  # noqa: S608
_SAMPLES = f"""
    UPDATE visits_checkinsample sample
    SET {_rounded("lat", "lng", "wgs84_lat", "wgs84_lng").format("sample")}
    FROM visits_visit visit WHERE sample.visit_id = visit.id AND {_AGED}
"""  # noqa: S608
_PROPOSALS = f"""
    UPDATE visits_placeproposal proposal SET {_rounded("lat", "lng").format("proposal")}
    FROM visits_visit visit WHERE proposal.visit_id = visit.id AND {_AGED}
"""  # noqa: S608
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@transaction.atomic
def _coarsen_some(company_id: UUID, at: datetime) -> int:
    """The next portion after the mark; 0 where there is none. Visits of one moment go together."""
    VisitPolicy.objects.get_or_create(company_id=company_id, defaults={"version": 0, "updated_at": at})
    policy = VisitPolicy.objects.select_for_update().get(company_id=company_id)
    since, until = policy.coarse_until or LONG_AGO, at - timedelta(days=policy.positions_kept_days)
    aged = Visit.objects.filter(company_id=company_id, started_at__gt=since, started_at__lte=until)
    portion = list(aged.order_by("started_at").values_list("started_at", flat=True)[:AT_ONCE])
    if not portion:
        return 0
    bounds: dict[str, Any] = {"company": company_id, "since": since, "until": portion[-1]}
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLES, bounds)
        cursor.execute(_PROPOSALS, bounds)
        cursor.execute(_VISITS, bounds)
        rows = cursor.rowcount
    photos = VisitPhoto.objects.filter(
        visit__company_id=company_id, visit__started_at__gt=since, visit__started_at__lte=portion[-1]
    )
    ids = photos.values_list("attachment_id", flat=True)
    files.coarsen_places(attachment_ids=ids, decimals=DECIMALS, at=at)
    policy.coarse_until = portion[-1]
    policy.save(update_fields=["coarse_until"])
    events.record(
        "visit_policy.positions_coarsened",
        policy,
        actor=Actor.system(policy.company_id),
        at=at,
        visits=rows,
        until=portion[-1].isoformat(),
    )
    return len(portion)

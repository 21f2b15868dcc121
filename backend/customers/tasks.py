from datetime import timedelta
from uuid import UUID

from celery import shared_task

from backend.core import clock
from backend.customers import services
from backend.customers.models import CustomerImport, Merge, PoolRules
from backend.customers.services import imports
from backend.customers.sheet import importing

LATE = timedelta(days=2)
"""How long after a merge something may still arrive that was sent before it."""


@shared_task(
    name=CustomerImport.task_name,
    soft_time_limit=CustomerImport.TIME_LIMIT_S,
    time_limit=CustomerImport.TIME_LIMIT_S + 60,
)
def import_file(*, import_id: UUID, **_: object) -> None:
    importing.work_on(import_id)


@shared_task(name="customers.tidy")
def tidy(**_: object) -> None:
    """Every hour: idle customers return to the pool, what came late follows its merged customer, and files that were
    imported long ago are forgotten."""
    at = clock.now()
    for company_id in PoolRules.objects.filter(return_after_days__isnull=False).values_list("company_id", flat=True):
        while services.return_idle(company_id=company_id, at=at):
            pass
    merges = Merge.objects.filter(undone_at=None, merged_at__gte=at - LATE)
    for company_id in set(merges.values_list("company_id", flat=True)):
        services.follow_late(company_id=company_id, since=at - LATE, at=at)
    imports.forget_old(at=at)

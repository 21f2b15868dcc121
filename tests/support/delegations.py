from datetime import datetime, timedelta
from typing import Any

from backend.core import clock
from backend.directory.models import Employee
from backend.directory.models.delegations import Delegation
from backend.directory.selectors import actor_for, today_of
from backend.directory.services import delegations


def days(giver: Employee, first: int = 0, last: int = 6) -> dict[str, str]:
    """So many days from today, as the giver's company has it."""
    today = today_of(company_id=giver.company_id, at=clock.now())
    return {"from_on": str(today + timedelta(days=first)), "to_on": str(today + timedelta(days=last))}


def delegated(giver: Employee, stand_in: Employee, first: int = 0, last: int = 6, **more: Any) -> Delegation:
    today = today_of(company_id=giver.company_id, at=clock.now())
    made, _ = delegations.delegate(
        actor=actor_for(giver),
        delegate_id=stand_in.pk,
        from_on=today + timedelta(days=first),
        to_on=today + timedelta(days=last),
        at=clock.now(),
        **more,
    )
    return made


def over(delegation: Delegation, since: datetime | None = None) -> None:
    """Its last day has passed."""
    ended = since or clock.now()
    Delegation.objects.filter(pk=delegation.pk).update(starts_at=ended - timedelta(days=2), ends_at=ended)

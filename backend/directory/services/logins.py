"""The login log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.context import origin
from backend.directory.models import Company, Employee, LoginRecord, Session


@dataclass(frozen=True, slots=True)
class Device:
    """What a client says of itself. The id is chosen by the app at installation and told to nobody else."""

    id: str
    name: str = ""
    app: str = ""


BROWSER = Device(id="")
"""Of the admin site, which names itself by nothing."""


@transaction.atomic(savepoint=False)
def note(
    *,
    company_id: UUID,
    employee_id: UUID | None,
    door: str,
    outcome: str,
    device: Device,
    at: datetime,
    reason: str = "",
    session: Session | None = None,
) -> LoginRecord:
    """Keep one attempt. Called in a transaction of its own where the attempt is refused."""
    return LoginRecord.objects.create(
        company_id=company_id,
        employee_id=employee_id,
        session=session,
        door=door,
        outcome=outcome,
        reason=reason,
        address=origin().address,
        device_id=device.id,
        device_name=device.name,
        app=device.app,
        at=at,
    )


@transaction.atomic(savepoint=False)
def note_wrong_password(*, company: str, employee: Employee | None, door: str, device: Device, at: datetime) -> None:
    """Keep that a password was wrong; `company` as it was typed. Of an unknown one nothing is kept but the count:
    there is nobody to show it to."""
    company_id = Company.objects.filter(code=company.strip().lower()).values_list("pk", flat=True).first()
    if company_id is None:
        return
    note(
        company_id=company_id,
        employee_id=employee.pk if employee else None,
        door=door,
        outcome=LoginRecord.Outcome.REFUSED,
        reason=_why(employee),
        device=device,
        at=at,
    )


def _why(employee: Employee | None) -> str:
    """For administrators; whoever typed it is told none of this."""
    if employee is None:
        return "unknown_account"
    return "wrong_password" if employee.is_active else "account_closed"

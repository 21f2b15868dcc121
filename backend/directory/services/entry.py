"""Coming in. A door proves who somebody is; `enter` decides whether he may come in, and keeps that he tried."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import DomainError, Unauthenticated
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory import attempts, tokens
from backend.directory.models import Device, Door, Employee, Identity, LoginRecord, PendingSignIn, Session
from backend.directory.services import bindings, devices, logins, restrictions, sessions, throttling
from backend.directory.services.sessions import AccountClosed, BadCredentials, SignedIn

REPLY_GRACE = timedelta(seconds=60)
"""In which a client whose reply was lost gets the same session again."""
Outcome = LoginRecord.Outcome
NOTED = (
    BadCredentials,
    AccountClosed,
    restrictions.AddressRefused,
    restrictions.HoursRefused,
    restrictions.DeviceNotRegistered,
    devices.DeviceApprovalRequired,
)
"""Refusals that `admit` has put into the login log."""


class ApprovalEnded(Unauthenticated):
    code = "approval_ended"
    message = bilingual("登录请求已过期，请重新登录。", "This request to sign in has ended. Sign in again.")


@commits_in_steps("an attempt stays counted and noted although the sign-in fails")
def log_in(
    *, company: str, number: str, password: str, device: logins.Device, binding_ticket: str = "", at: datetime
) -> SignedIn:
    """With a ticket, the WeChat or WeCom account it stands for is bound to the person on the way in.

    Raises BadCredentials, TooManyAttempts with the seconds to wait, or what `bindings.bind` and `enter` raise.
    """
    employee = prove_password(
        company=company, number=number, password=password, door=Door.PASSWORD, device=device, at=at
    )
    if binding_ticket:
        subject = bindings.read_ticket(ticket=binding_ticket, device_id=device.id, at=at)
        person = Actor(company_id=employee.company_id, employee_id=employee.pk)
        bindings.bind(actor=person, employee_id=employee.pk, subject=subject, how=Identity.How.CONFIRMED, at=at)
    return enter(employee_id=employee.pk, door=Door.PASSWORD, device=device, at=at)


@commits_in_steps("an attempt stays counted and noted although it fails")
def prove_password(
    *, company: str, number: str, password: str, door: str, device: logins.Device, at: datetime
) -> Employee:
    """The employee whose password this is; for any door that asks for one.

    Raises BadCredentials, the same and after the same work for an unknown account, a leaver and a wrong password; or
    TooManyAttempts.
    """
    login = f"{company}/{number}".strip().lower()
    employee = Employee.objects.filter(login=login).first()
    counters = attempts.of_account(login, known_device=_known_device(employee, device))
    address = attempts.of_address()
    throttling.count_attempts(counters=[*counters, address], at=at)
    if employee is None or not employee.is_active:
        make_password(password)  # as slow as the real check, so that timing does not tell either
        right = False
    else:
        right = check_password(password, employee.password)
    if employee is None or not right:
        logins.note_wrong_password(company=company, employee=employee, door=door, device=device, at=at)
        raise BadCredentials()
    throttling.forgive(counters=counters)
    throttling.give_back(counter=address)
    return employee


@commits_in_steps("a refused attempt stays in the log, and a new device waits for its approval")
def enter(*, employee_id: UUID, door: str, device: logins.Device, at: datetime) -> SignedIn:
    """For an employee whose identity this door has proved.

    Raises AccountClosed, AddressRefused, HoursRefused, DeviceNotRegistered or DeviceApprovalRequired.
    """
    outcome = admit(employee_id=employee_id, door=door, device=device, at=at)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@commits_in_steps("a refused attempt stays in the log")
def enter_with_approval(*, ticket: str, device_id: str, at: datetime) -> SignedIn:
    """How a new device asks whether it has been approved. Asked again within REPLY_GRACE: the same session.

    Raises DeviceApprovalRequired while it has not, DeviceRefused, ApprovalEnded, or what `enter` raises.
    """
    outcome = _enter_with_approval(ticket, device_id, at)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@transaction.atomic
def refusal_at_admin(*, employee: Employee, at: datetime) -> DomainError | None:
    """Why a restriction keeps this person, who has proved who he is, out of the admin site; noted in the log either
    way. A browser is no registered device, so only networks and hours count there."""
    refusal = restrictions.judge(employee=employee, at=at).refusal
    if refusal is None:
        _note_success(employee, Door.ADMIN, logins.BROWSER, at)
    else:
        _note_refusal(employee, Door.ADMIN, logins.BROWSER, at, refusal)
    return refusal


@transaction.atomic
def admit(*, employee_id: UUID, door: str, device: logins.Device, at: datetime) -> SignedIn | DomainError:
    """As `enter`, for a caller with a transaction of its own: a refusal is returned, to be raised after the commit."""
    employee = Employee.objects.select_for_update().get(pk=employee_id)
    verdict = restrictions.judge(employee=employee, at=at)
    refusal = _closed(employee, door) or verdict.refusal
    if refusal is not None:
        return _note_refusal(employee, door, device, at, refusal)
    known = devices.recognise(employee=employee, device=device, rule=verdict.devices, at=at)
    if known.status == Device.Status.TRUSTED:
        signed_in = sessions.open_session(employee_id=employee.pk, device=device, door=door, at=at)
        _note_success(employee, door, device, at, signed_in.session)
        return signed_in
    if verdict.devices == restrictions.Devices.REGISTERED:
        return _note_refusal(employee, door, device, at, restrictions.DeviceNotRegistered())
    waiting = devices.ask_for_approval(employee=employee, device=known, door=door, at=at)
    return _note_refusal(employee, door, device, at, waiting)


@transaction.atomic
def _enter_with_approval(ticket: str, device_id: str, at: datetime) -> SignedIn | DomainError:
    pending = (
        PendingSignIn.objects.select_for_update(of=("self",))
        .select_related("device")
        .filter(ticket_hash=tokens.refresh_hash(ticket), device__device_id=device_id)
        .first()
    )
    if pending is None:
        return ApprovalEnded()
    if pending.used_at is not None:
        lost = pending.session_id is not None and at < pending.used_at + REPLY_GRACE
        again = sessions.continue_session(session_id=pending.session_id, at=at) if lost and pending.session_id else None
        return again or ApprovalEnded()
    if pending.expires_at <= at:
        return ApprovalEnded()
    if pending.device.status == Device.Status.WAITING:
        left = int((pending.expires_at - at).total_seconds())
        return devices.DeviceApprovalRequired(ticket=ticket, expires_in=left)
    if pending.device.status == Device.Status.REVOKED:
        return devices.DeviceRefused()
    device = logins.Device(id=device_id, name=pending.device.name, app=pending.device.app)
    outcome = admit(employee_id=pending.device.employee_id, door=pending.door, device=device, at=at)
    if isinstance(outcome, SignedIn):
        pending.used_at, pending.session = at, outcome.session
        pending.save(update_fields=["used_at", "session"])
    return outcome


def _known_device(employee: Employee | None, device: logins.Device) -> str:
    if employee is None or not device.id:
        return ""
    known = Device.objects.filter(employee=employee, device_id=device.id, last_signed_in_at__isnull=False)
    return device.id if known.exclude(status=Device.Status.REVOKED).exists() else ""


def _closed(employee: Employee, door: str) -> DomainError | None:
    if employee.is_active:
        return None
    return BadCredentials() if door == Door.PASSWORD else AccountClosed()


def _note_refusal(
    employee: Employee, door: str, device: logins.Device, at: datetime, refusal: DomainError
) -> DomainError:
    logins.note(
        company_id=employee.company_id,
        employee_id=employee.pk,
        door=door,
        outcome=Outcome.WAITING if isinstance(refusal, devices.DeviceApprovalRequired) else Outcome.REFUSED,
        reason=refusal.code,
        device=device,
        at=at,
    )
    return refusal


def _note_success(
    employee: Employee, door: str, device: logins.Device, at: datetime, session: Session | None = None
) -> None:
    logins.note(
        company_id=employee.company_id,
        employee_id=employee.pk,
        session=session,
        door=door,
        outcome=Outcome.SUCCEEDED,
        device=device,
        at=at,
    )

"""The devices of a person: recognised at the door, approved where a role asks for it, revoked when lost."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import Forbidden, NotFound
from backend.core.text import bilingual
from backend.directory import tokens
from backend.directory.models import Device, Employee, PendingSignIn, Session
from backend.directory.services import logins, restrictions, sessions
from backend.events import services as events

APPROVAL_LIFETIME = timedelta(minutes=10)
MAX_WAITING = 10
"""Of one person; the oldest makes room."""
Status = Device.Status


class DeviceApprovalRequired(Forbidden):
    """`data` holds the ticket with which the client asks again, and the seconds for which it may."""

    code = "device_approval_required"
    message = bilingual(
        "新设备登录须在您已登录的设备上批准，或由管理员批准。",
        "Approve this new device on one where you are signed in, or ask your administrator.",
    )


class DeviceRefused(Forbidden):
    code = "device_refused"
    message = bilingual("此设备的登录请求已被拒绝。", "The sign-in from this device was refused.")


class NotFromHere(Forbidden):
    code = "untrusted_device"
    message = bilingual("只有可信设备可以批准新设备。", "Only a trusted device may approve a new one.")


@transaction.atomic
def recognise(*, employee: Employee, device: logins.Device, rule: str, at: datetime) -> Device:
    """The row of this device of this employee, whom the caller has locked. Trusted unless the rule forbids."""
    known, _ = Device.objects.get_or_create(
        employee=employee,
        device_id=device.id,
        defaults={"company_id": employee.company_id, "status": Status.WAITING, "created_at": at},
    )
    if known.status != Status.TRUSTED:
        known.status = Status.TRUSTED if rule == restrictions.Devices.ANY else Status.WAITING
    known.name, known.app, known.address = device.name, device.app, origin().address
    if known.status == Status.TRUSTED:
        known.last_signed_in_at = at
    known.save(update_fields=["status", "name", "app", "address", "last_signed_in_at"])
    waiting = Device.objects.filter(employee=employee, status=Status.WAITING).order_by("-created_at", "-pk")
    Device.objects.filter(pk__in=list(waiting.values_list("pk", flat=True)[MAX_WAITING:])).delete()
    return known


@transaction.atomic
def ask_for_approval(*, employee: Employee, device: Device, door: str, at: datetime) -> DeviceApprovalRequired:
    """The answer to give to the client. An earlier ticket of the same device no longer opens anything."""
    PendingSignIn.objects.filter(device=device).delete()
    ticket = tokens.new_refresh_token()
    PendingSignIn.objects.create(
        company_id=employee.company_id,
        device=device,
        door=door,
        ticket_hash=tokens.refresh_hash(ticket),
        created_at=at,
        expires_at=at + APPROVAL_LIFETIME,
    )
    told = {"owner": employee.name, "device": str(device), "app": device.app, "address": device.address}
    # By nobody: whoever asks has no session yet, and the person himself is to hear of it.
    events.record("device.approval_requested", device, actor=Actor.system(employee.company_id), at=at, **told)
    return DeviceApprovalRequired(ticket=ticket, expires_in=int(APPROVAL_LIFETIME.total_seconds()))


@transaction.atomic
def approve(*, actor: Actor, device_id: UUID, at: datetime) -> Device:
    """By the person himself on a trusted device, unless only administrators may; or by an administrator. Twice is
    once.

    Raises NotFound, NotFromHere, or DeviceNotRegistered where only an administrator may.
    """
    device = _device(actor, device_id)
    if device.status == Status.TRUSTED:
        return device
    # An administrator's own new device is no exception: his password alone must not be enough.
    if device.employee_id == actor.employee_id or not actor.may("directory.manage"):
        _check_may_approve(actor, device, at)
    device.status, device.decided_by_id, device.decided_at = Status.TRUSTED, actor.employee_id, at
    device.save(update_fields=["status", "decided_by", "decided_at"])
    events.record("device.approved", device, actor=actor, at=at, device=device.name)
    return device


@transaction.atomic
def revoke(*, actor: Actor, device_id: UUID, at: datetime) -> Device:
    """Ends every session from it; where roles ask for approval it needs one anew. Twice is once."""
    device = _device(actor, device_id)
    if device.status != Status.REVOKED:
        device.status, device.decided_by_id, device.decided_at = Status.REVOKED, actor.employee_id, at
        device.save(update_fields=["status", "decided_by", "decided_at"])
        events.record("device.revoked", device, actor=actor, at=at, device=device.name)
        sessions.end_sessions_of_device(
            actor=actor, employee_id=device.employee_id, device_id=device.device_id, reason="device_revoked", at=at
        )
    return device


def _device(actor: Actor, device_id: UUID) -> Device:
    devices = Device.objects.visible_to(actor).select_for_update(of=("self",)).select_related("employee")
    found = devices.filter(pk=device_id).first()
    if found is None:
        raise NotFound()
    return found


def _check_may_approve(actor: Actor, device: Device, at: datetime) -> None:
    registered = restrictions.judge(employee=device.employee, at=at).devices == restrictions.Devices.REGISTERED
    if registered and not actor.may("directory.manage"):
        raise restrictions.DeviceNotRegistered()
    asking = Session.objects.filter(pk=actor.session_id, employee_id=actor.person_id) if actor.session_id else None
    device_id = asking.values("device_id") if asking is not None else []
    if not Device.objects.filter(employee_id=actor.person_id, device_id__in=device_id, status=Status.TRUSTED).exists():
        raise NotFromHere()

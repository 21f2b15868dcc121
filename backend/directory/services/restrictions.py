"""From where, when and on which devices people may sign in; asked at every door and at every refresh."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from backend.core.text import bilingual
from backend.directory import rules
from backend.directory.models import Company, Device, Employee, LoginRestriction, Role
from backend.directory.selectors import employees_with, login_restrictions_of
from backend.events import services as events

Devices = LoginRestriction.Devices
MAX_NETWORKS = 50


class AddressRefused(Forbidden):
    code = "login_address_refused"
    message = bilingual("您的角色不能从当前网络登录。", "Your role may not sign in from this network.")


class HoursRefused(Forbidden):
    code = "login_hours_refused"
    message = bilingual("当前时间不在允许登录的时段内。", "Your role may not sign in at this hour.")


class DeviceNotRegistered(Forbidden):
    code = "device_not_registered"
    message = bilingual("此设备未登记，请联系管理员。", "This device is not registered. Ask your administrator.")


class LocksYouOut(Conflict):
    code = "restriction_locks_you_out"
    message = bilingual(
        "这条限制会使您自己现在无法登录，未保存。",
        "This restriction would keep you yourself out now; it was not saved.",
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    refusal: DomainError | None
    """Of the address or the hour."""
    devices: str
    """The strictest of `LoginRestriction.Devices` among the employee's roles."""


@transaction.atomic(savepoint=False)
def judge(*, employee: Employee, at: datetime) -> Verdict:
    """Whether this employee may sign in from this address at this time, and what is asked of his device.

    The only administrator left is let in: nobody else could mend a wrong restriction.
    """
    found = list(login_restrictions_of(employee_id=employee.pk))
    if not found or _is_last_administrator(employee):
        return Verdict(None, Devices.ANY)
    return Verdict(_refusal(found, at), _strictest(found))


@transaction.atomic(savepoint=False)
def refusal_of_renewal(*, employee: Employee, device_id: str, at: datetime) -> DomainError | None:
    """Why this employee's session on this device may not go on now; it may again later."""
    verdict = judge(employee=employee, at=at)
    if verdict.refusal is None and verdict.devices != Devices.ANY:
        trusted = Device.objects.filter(employee=employee, device_id=device_id, status=Device.Status.TRUSTED)
        return None if trusted.exists() else DeviceNotRegistered()
    return verdict.refusal


@transaction.atomic
def put_restriction(
    *,
    actor: Actor,
    role_id: UUID,
    networks: Iterable[str],
    weekdays: Iterable[int],
    begins: time | None,
    ends: time | None,
    devices: str,
    at: datetime,
) -> LoginRestriction:
    """Set what holds for a role. Raises LocksYouOut where the administrator himself could not sign in now.

    Sessions end at their next refresh where they break it, within fifteen minutes.
    """
    actor.require("directory.manage")
    Company.objects.select_for_update().get(pk=actor.company_id)  # two at once, each letting the other in
    role = Role.objects.filter(pk=role_id, company_id=actor.company_id).first()
    if role is None:
        raise NotFound()
    after = {
        "networks": _networks(networks),
        "weekdays": _weekdays(weekdays),
        "begins": begins,
        "ends": ends,
        "devices": devices,
    }
    if devices not in Devices.values:
        raise Invalid(fields={"devices": devices})
    if (begins is None) != (ends is None) or (begins is not None and begins == ends):
        raise Invalid(fields={"ends": str(bilingual("开始与结束须成对且不同", "both ends, and different ones"))})
    restriction, _ = LoginRestriction.objects.get_or_create(role=role, defaults={"company_id": actor.company_id})
    before = {name: getattr(restriction, name) for name in after}
    if before != after:
        LoginRestriction.objects.filter(pk=restriction.pk).update(**after)
        restriction.refresh_from_db()
        if not actor.is_system:
            _check_own_way_in(actor, at)
        events.record("role.login_restricted", role, actor=actor, at=at, before=_plain(before), after=_plain(after))
    return restriction


@transaction.atomic
def lift_restriction(*, actor: Actor, role_id: UUID, at: datetime) -> None:
    """Holders of the role may sign in from anywhere again. Twice is once."""
    actor.require("directory.manage")
    restriction = LoginRestriction.objects.filter(role_id=role_id, company_id=actor.company_id).first()
    if restriction is not None:
        events.record("role.login_restriction_lifted", restriction.role, actor=actor, at=at)
        restriction.delete()


def _check_own_way_in(actor: Actor, at: datetime) -> None:
    own = list(login_restrictions_of(employee_id=actor.person_id))
    trusted = Device.objects.filter(employee_id=actor.person_id, status=Device.Status.TRUSTED)
    if _refusal(own, at) is not None or (_strictest(own) != Devices.ANY and not trusted.exists()):
        raise LocksYouOut()


def _is_last_administrator(employee: Employee) -> bool:
    administrators = employees_with(company_id=employee.company_id, capability="directory.manage")
    return list(administrators.values_list("pk", flat=True)[:2]) == [employee.pk]


def _refusal(restrictions: Iterable[LoginRestriction], at: datetime) -> DomainError | None:
    for restriction in restrictions:
        if not rules.address_within(origin().address, restriction.networks):
            return AddressRefused()
        local = at.astimezone(ZoneInfo(restriction.company.timezone))
        if not rules.within_hours(
            local, weekdays=restriction.weekdays, begins=restriction.begins, ends=restriction.ends
        ):
            return HoursRefused()
    return None


def _strictest(restrictions: Iterable[LoginRestriction]) -> str:
    order = Devices.values
    return max((restriction.devices for restriction in restrictions), key=order.index, default=Devices.ANY)


def _networks(texts: Iterable[str]) -> list[str]:
    try:
        found = [str(rules.network(text)) for text in texts]
    except ValueError as exc:
        raise Invalid(fields={"networks": str(exc)}) from exc
    if len(found) > MAX_NETWORKS:
        raise Invalid(fields={"networks": f"> {MAX_NETWORKS}"})
    return found


def _weekdays(days: Iterable[int]) -> list[int]:
    found = sorted(set(days))
    if not set(found) <= set(range(1, 8)):
        raise Invalid(fields={"weekdays": "1–7"})
    return found


def _plain(fields: dict[str, object]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, time) else value for name, value in fields.items()}

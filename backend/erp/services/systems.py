"""Which ERPs a company has. Called by the admin site and the seed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core import secrets
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.text import bilingual
from backend.directory.models import Company
from backend.erp import signing, transport
from backend.erp.models import ErpSystem, Outbox
from backend.events import services as events
from backend.orders.rules import OWN_SOURCE


class OneForOrders(Conflict):
    code = "erp_one_for_orders"
    message = bilingual("已有另一个 ERP 系统接收订单。", "Another ERP system already receives the orders.")


@transaction.atomic
def put_system(
    *,
    actor: Actor,
    code: str,
    name: str,
    kind: str = ErpSystem.Kind.WEBHOOK,
    push_url: str = "",
    on_premise: bool = False,
    receives_orders: bool = False,
    at: datetime,
) -> ErpSystem:
    """Create the system with this code, with a secret of its own, or bring it up to date.

    Raises Invalid for an address that may not be called or a reserved code, OneForOrders.
    """
    actor.require("erp.operate")
    if code == OWN_SOURCE:
        raise Invalid(fields={"code": str(bilingual("该代码为系统保留。", "This code is reserved."))})
    if push_url:
        _check_address(push_url, on_premise)
    company = Company.objects.select_for_update().get(pk=actor.company_id)
    others = ErpSystem.objects.filter(company=company, receives_orders=True).exclude(code=code)
    if receives_orders and others.exists():
        raise OneForOrders()
    fields: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "push_url": push_url,
        "on_premise": on_premise,
        "receives_orders": receives_orders,
    }
    system = ErpSystem.objects.filter(company=company, code=code).first()
    if system is None:
        secret = secrets.encrypted(signing.new_secret())
        system = ErpSystem.objects.create(company=company, code=code, secret_encrypted=secret, **fields)
        events.record("erp_system.created", system, actor=actor, at=at, code=code, **fields)
        return system
    before = {field: getattr(system, field) for field in fields}
    if before != fields:
        for field, value in fields.items():
            setattr(system, field, value)
        system.save(update_fields=list(fields))
        events.record("erp_system.changed", system, actor=actor, at=at, before=before, after=fields)
    return system


@transaction.atomic
def rotate_secret(*, actor: Actor, system_id: UUID, at: datetime) -> str:
    """The new signing secret, to be handed to the ERP. The one before it stays valid; an older one does not."""
    system = _locked(actor, system_id)
    secret = signing.new_secret()
    system.previous_secret_encrypted = system.secret_encrypted
    system.secret_encrypted = secrets.encrypted(secret)
    system.save(update_fields=["secret_encrypted", "previous_secret_encrypted"])
    events.record("erp_system.secret_rotated", system, actor=actor, at=at)
    return secret


@transaction.atomic
def pause_system(*, actor: Actor, system_id: UUID, reason: str, at: datetime) -> ErpSystem:
    """Send it nothing until somebody resumes; everything owed to it waits. Twice is once."""
    system = _locked(actor, system_id)
    if system.paused_at is None:
        system.paused_at, system.paused_reason = at, reason[:255]
        system.save(update_fields=["paused_at", "paused_reason"])
        events.record("erp_system.paused", system, actor=actor, at=at, reason=system.paused_reason)
    return system


@transaction.atomic
def resume_system(*, actor: Actor, system_id: UUID, at: datetime) -> ErpSystem:
    """What waits for it is sent at once. Twice is once."""
    system = _locked(actor, system_id)
    if system.paused_at is not None:
        system.paused_at, system.paused_reason = None, ""
        system.save(update_fields=["paused_at", "paused_reason"])
        waiting = Outbox.objects.filter(system=system, status=Outbox.Status.PENDING)
        Outbox.retry(list(waiting.values_list("pk", flat=True)))
        events.record("erp_system.resumed", system, actor=actor, at=at)
    return system


def _locked(actor: Actor, system_id: UUID) -> ErpSystem:
    actor.require("erp.operate")
    system = ErpSystem.objects.select_for_update().filter(company_id=actor.company_id, pk=system_id).first()
    if system is None:
        raise NotFound()
    return system


def _check_address(url: str, on_premise: bool) -> None:
    try:
        transport.checked(url, on_premise=on_premise)
    except transport.NotAllowed as exc:
        text = bilingual("请填写 https 地址；内网部署可用 http。", "Give an https address; on premises http will do.")
        raise Invalid(fields={"push_url": str(text)}) from exc

"""Orders on their way to an ERP."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.erp.messages import order_message
from backend.erp.models import ErpLink, ErpSystem, Outbox
from backend.erp.selectors import ORDERS
from backend.events.owed import wake_dispatcher
from backend.orders.selectors import get_order
from backend.orders.stages import Status


@transaction.atomic
def owe_order(*, actor: Actor, order_id: UUID, system: ErpSystem) -> Outbox | None:
    """Write down what the system shall be told; None where the order is no longer waiting.

    Twice is once, also where another system receives the orders by now.
    """
    if system.company_id != actor.company_id:
        raise NotFound()
    order = get_order(actor=actor, order_id=order_id)
    if order.status != Status.QUEUED or order.number is None:
        return None
    outbox, created = Outbox.objects.get_or_create(
        entity=ORDERS,
        local_id=order.pk,
        key=order.number,
        defaults={"company_id": actor.company_id, "system": system, "payload": order_message(order)},
    )
    if created:
        wake_dispatcher()
    return outbox


@transaction.atomic
def link(*, actor: Actor, outbox: Outbox, external_id: str, at: datetime) -> None:
    """Remember under which id the ERP keeps it. The first answer stands."""
    ErpLink.objects.bulk_create(
        [
            ErpLink(
                company_id=actor.company_id,
                system_id=outbox.system_id,
                entity=outbox.entity,
                local_id=outbox.local_id,
                external_id=external_id,
                linked_at=at,
            )
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def list_for_export(*, actor: Actor, outbox: Outbox, at: datetime) -> None:
    """From now on the export of files finds it. Twice is once."""
    Outbox.objects.filter(pk=outbox.pk, company_id=actor.company_id, listed_at=None).update(listed_at=at)


@transaction.atomic
def mark_exported(*, actor: Actor, outbox_ids: Iterable[int], at: datetime) -> int:
    """After the file is safely written: these need not be written again. How many were new."""
    actor.require("erp.operate")
    rows = Outbox.objects.filter(company_id=actor.company_id, pk__in=list(outbox_ids), exported_at=None)
    return rows.update(exported_at=at)

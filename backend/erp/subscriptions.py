"""What the bridge does when something happens in Waiqin."""

from django.db.models import QuerySet

from backend.core import clock
from backend.core.actor import Actor
from backend.core.text import in_both
from backend.erp.models import InboxMessage
from backend.erp.selectors import receiver_of_orders
from backend.erp.services import outgoing
from backend.events.models import Event
from backend.events.owed import Configuration
from backend.orders import services as orders
from backend.orders.selectors import get_order
from backend.orders.stages import Status


def order_queued(event: Event) -> None:
    """Owe the order to the company's ERP, and look again at what was said of it before we knew it."""
    actor = Actor.system(event.company_id)
    InboxMessage.retry(list(_parked_for(event).values_list("pk", flat=True)))
    if get_order(actor=actor, order_id=event.subject_id).status != Status.QUEUED:
        return
    system = receiver_of_orders(actor=actor)
    if system is None:
        why = in_both("没有接收订单的 ERP 系统", "no ERP system receives orders")
        orders.report_trouble(actor=actor, order_id=event.subject_id, trouble=why, nothing_left=True, at=clock.now())
        raise Configuration(why)
    outgoing.owe_order(actor=actor, order_id=event.subject_id, system=system)


def _parked_for(event: Event) -> QuerySet[InboxMessage]:
    return InboxMessage.objects.filter(
        company_id=event.company_id,
        waiting_for__contains=[event.data["number"]],
        status=InboxMessage.Status.PENDING,
    )

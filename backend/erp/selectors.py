from uuid import UUID

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.erp.models import ErpSystem, Outbox
from backend.orders.models import Order

ORDERS = Order._meta.label_lower


def system_of_webhook(connector: str) -> ErpSystem | None:
    """By the id in a webhook's address, which says nothing about who is calling."""
    try:
        key = UUID(connector)
    except ValueError:
        return None
    return ErpSystem.objects.filter(pk=key).first()


def get_system(*, actor: Actor, code: str) -> ErpSystem:
    system = ErpSystem.objects.filter(company_id=actor.company_id, code=code).first()
    if system is None:
        raise NotFound()
    return system


def receiver_of_orders(*, actor: Actor) -> ErpSystem | None:
    """The one system of the company to which its orders go."""
    return ErpSystem.objects.filter(company_id=actor.company_id, receives_orders=True).first()


def orders_to_export(*, actor: Actor, system: ErpSystem, again: bool = False) -> QuerySet[Outbox]:
    """Listed for a file and not yet written into one; with `again` also those that were. Oldest first."""
    rows = Outbox.objects.filter(company_id=actor.company_id, system=system, entity=ORDERS, listed_at__isnull=False)
    return (rows if again else rows.filter(exported_at=None)).order_by("id")


def order_ids_by_number(*, company_id: UUID, numbers: list[str]) -> dict[str, UUID]:
    """Of submitted orders of this company and no other."""
    rows = Order.objects.filter(company_id=company_id, number__in=numbers)
    return {number: pk for number, pk in rows.values_list("number", "pk") if number}

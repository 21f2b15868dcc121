"""What orders say about a customer: what was sold, and what is not paid for yet."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from backend.core.actor import Actor
from backend.customers.around import Entry, Facet
from backend.orders.models import Order
from backend.orders.stages import Label, Payment, Status

OVER = (Label.DRAFT, Label.PAID, Label.RETURNED, Label.REJECTED, Label.CANCELLED, Label.CLOSED)
NO_SALE = (Status.DRAFT, Status.REJECTED, Status.CANCELLED)
OWED = (Payment.PART_INVOICED, Payment.INVOICED, Payment.PART_PAID)


def _orders(*, actor: Actor, rows: Any) -> dict[str, Any]:
    sold, owed = ~Q(status__in=NO_SALE), Q(payment__in=OWED)
    by_currency = rows.values("currency").annotate(
        count=Count("pk"),
        open=Count("pk", filter=~Q(label__in=OVER)),
        sold=Sum("total", filter=sold),
        unpaid=Count("pk", filter=owed & sold),
        unpaid_total=Sum("total", filter=owed & sold),
    )
    found = list(by_currency.order_by("currency"))
    last = rows.order_by("-created_at", "-pk").first()
    figures: dict[str, Any] = {
        "count": sum(row["count"] for row in found),
        "open": sum(row["open"] for row in found),
        "sold": [_money(row["sold"], row["currency"]) for row in found],
        "last": last and {"id": last.pk, "number": last.number, "label": last.label, "at": last.created_at},
        "receivables": None,
    }
    if actor.sees("receivable"):
        figures["receivables"] = {
            "count": sum(row["unpaid"] for row in found),
            "total": [_money(row["unpaid_total"], row["currency"]) for row in found if row["unpaid"]],
        }
    return figures


def _money(amount: Decimal | None, currency: str) -> dict[str, str]:
    return {"amount": format(amount or Decimal("0.00"), "f"), "currency": currency}


def _entry(order: Order) -> Entry:
    return Entry(title=f"{order.number or ''} {order.total} {order.currency}".strip(), status=order.label)


ORDERS = Facet(
    key="orders",
    model=Order,
    capability="order.read",
    order=60,
    overview=_orders,
    happened="created_at",
    entry=_entry,
)

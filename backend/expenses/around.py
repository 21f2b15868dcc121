"""What expense requests say about a customer, and which decisions about them are open."""

from typing import Any

from django.db.models import Count, Q, Sum

from backend.core.actor import Actor
from backend.customers.around import Entry, Facet
from backend.expenses.models import ExpenseRequest

OPEN_SHOWN = 10


def _expenses(*, actor: Actor, rows: Any) -> dict[str, Any]:
    approved = Q(status=ExpenseRequest.Status.APPROVED)
    by_currency = rows.values("currency").annotate(count=Count("pk"), approved=Sum("amount", filter=approved))
    found = list(by_currency.order_by("currency"))
    waiting = rows.filter(status=ExpenseRequest.Status.IN_APPROVAL).select_related("owner")
    return {
        "count": sum(row["count"] for row in found),
        "approved": [
            {"amount": format(row["approved"], "f"), "currency": row["currency"]} for row in found if row["approved"]
        ],
        "open_approvals": [
            {"id": row.approval_id, "title": row.title, "owner": row.owner.name, "at": row.submitted_at}
            for row in waiting.order_by("-submitted_at", "-pk")[:OPEN_SHOWN]
        ],
    }


def _entry(request: ExpenseRequest) -> Entry:
    return Entry(title=f"{request.title} {request.amount} {request.currency}", status=request.status)


EXPENSES = Facet(
    key="expenses",
    model=ExpenseRequest,
    capability="expense.read",
    order=50,
    overview=_expenses,
    happened="created_at",
    entry=_entry,
)

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.expenses import rules
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from backend.visits.models import Visit

SHOWN = ("owner", "category", "customer")
"""What every schema of a request needs beside the row."""
EVIDENCE = ("company", "category", "customer", "visit")
"""What the decision screen needs."""


def list_categories(*, actor: Actor) -> QuerySet[ExpenseCategory]:
    return ExpenseCategory.objects.filter(company_id=actor.company_id).select_related("company").order_by("code")


def get_category(*, actor: Actor, category_id: UUID) -> ExpenseCategory:
    """Raises NotFound, also for another company's."""
    category = ExpenseCategory.objects.filter(company_id=actor.company_id, pk=category_id).first()
    if category is None:
        raise NotFound()
    return category


def list_requests(*, actor: Actor, status: str | None = None) -> QuerySet[ExpenseRequest]:
    """Newest first by `created_at`."""
    actor.require("expense.read")
    rows: QuerySet[ExpenseRequest] = ExpenseRequest.objects.visible_to(actor).select_related(*SHOWN)
    if status is not None:
        rows = rows.filter(status=status)
    return rows.order_by("-created_at", "-id")


def get_request(*, actor: Actor, request_id: UUID) -> ExpenseRequest:
    """Raises NotFound, also for a hidden one."""
    actor.require("expense.read")
    request: ExpenseRequest = ExpenseRequest.objects.select_related(*SHOWN).get_visible(actor, request_id)
    return request


def facts(request: ExpenseRequest) -> dict[str, Any]:
    """What the conditions of a flow may ask about."""
    return {
        "amount": str(request.amount),
        "currency": request.currency,
        "foreign": request.currency != request.company.currency,
        "category": request.category.code,
        "department": str(request.department_id),
        "over_limit": _over_limit(request),
    }


def summary(request: ExpenseRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "amount": _money(request.amount, request.currency),
        "category": request.category.name,
        "customer": request.customer.name if request.customer else None,
        "purpose": request.purpose,
    }


def screen(*, actor: Actor, document: ExpenseRequest) -> dict[str, Any]:
    """What helps to decide on a request.

    Whoever is shown the request is shown its evidence: the customer's name, the visit and what its owner asked for
    lately belong to the decision, whatever the approver's data scope says of visits and of other requests.
    """
    limit = document.category.limit
    return {
        "document": {
            "id": document.pk,
            "number": document.number,
            "status": document.status,
            "purpose": document.purpose,
            "amount": _money(document.amount, document.currency),
            "category": {"id": document.category_id, "code": document.category.code, "name": document.category.name},
            "needed_on": document.needed_on,
            "invoice_required": document.category.invoice_required,
        },
        "customer": {"id": document.customer_id, "name": document.customer.name} if document.customer else None,
        "visit": _evidence(document.visit) if document.visit else None,
        "recent_requests": _recent(document),
        "category_limit": {
            "limit": None if limit is None else _money(limit, document.company.currency),
            "exceeded": _over_limit(document),
        },
    }


def _evidence(visit: Visit) -> dict[str, Any]:
    return {
        "id": visit.pk,
        "status": visit.status,
        "verdict": visit.verdict,
        "reasons": visit.reasons,
        "started_at": visit.started_at,
        "checked_out_at": visit.checked_out_at,
        "summary": visit.summary,
    }


def _recent(request: ExpenseRequest) -> dict[str, Any]:
    """What the same employee asked for besides, in the days before this one; what he withdrew does not count."""
    if request.submitted_at is None:
        return {"days": rules.RECENT_DAYS, "count": 0, "totals": []}
    others = (
        ExpenseRequest.objects.filter(
            company_id=request.company_id,
            owner_id=request.owner_id,
            submitted_at__gte=request.submitted_at - timedelta(days=rules.RECENT_DAYS),
            submitted_at__lte=request.submitted_at,
        )
        .exclude(status__in=[ExpenseRequest.Status.DRAFT, ExpenseRequest.Status.WITHDRAWN])
        .exclude(pk=request.pk)
    )
    totals = list(others.values("currency").annotate(count=Count("pk"), sum=Sum("amount")).order_by("currency"))
    return {
        "days": rules.RECENT_DAYS,
        "count": sum(total["count"] for total in totals),
        "totals": [_money(total["sum"], total["currency"]) for total in totals],
    }


def _over_limit(request: ExpenseRequest) -> bool | None:
    return rules.exceeds(
        amount=request.amount,
        currency=request.currency,
        limit=request.category.limit,
        company_currency=request.company.currency,
    )


def _money(amount: Any, currency: str) -> dict[str, str]:
    return {"amount": format(amount, "f"), "currency": currency}

from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Router, Status

from backend.core import clock
from backend.expenses import selectors, services
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from mobile_api.auth import Request
from mobile_api.caching import etag_of, json_reply
from mobile_api.paging import page
from mobile_api.schemas.base import Cursor, Limit
from mobile_api.schemas.expenses import (
    ExpenseCategoriesOut,
    ExpenseRequestIn,
    ExpenseRequestOut,
    ExpenseRequestPatch,
    ExpenseRequestsOut,
    RequestStatus,
)

router = Router(tags=["expenses"])


@router.get("/expense-categories", response=ExpenseCategoriesOut)
def list_categories(request: Request) -> HttpResponseBase:
    return json_reply(request, {"items": [_category(row) for row in selectors.list_categories(actor=request.auth)]})


@router.get("/expense-requests", response=ExpenseRequestsOut)
def list_requests(
    request: Request, status: RequestStatus | None = None, limit: Limit = 20, cursor: Cursor | None = None
) -> HttpResponseBase:
    rows = selectors.list_requests(actor=request.auth, status=status)
    return json_reply(request, page(rows, by="created_at", limit=limit, cursor=cursor, show=_request))


@router.post("/expense-requests", response={200: ExpenseRequestOut, 201: ExpenseRequestOut})
def create_request(request: Request, body: ExpenseRequestIn) -> Status[Any]:
    stored, created = services.create_request(
        actor=request.auth,
        id=body.id,
        category_id=body.category_id,
        customer_id=body.customer_id,
        visit_id=body.visit_id,
        purpose=body.purpose,
        amount=body.amount.amount,
        currency=body.amount.currency,
        needed_on=body.needed_on,
        at=clock.now(),
    )
    return Status(201 if created else 200, _request(stored))


@router.get("/expense-requests/{uuid:request_id}", response=ExpenseRequestOut)
def get_request(request: Request, request_id: UUID) -> HttpResponseBase:
    found = selectors.get_request(actor=request.auth, request_id=request_id)
    return json_reply(request, _request(found), etag=etag_of(found.pk, found.version))


@router.patch("/expense-requests/{uuid:request_id}", response=ExpenseRequestOut)
def change_request(request: Request, request_id: UUID, body: ExpenseRequestPatch) -> Any:
    changes = body.model_dump(exclude_unset=True, exclude={"version"})
    if "amount" in changes:
        changes |= body.amount.model_dump()  # a sum is changed whole, its currency included
    return _request(
        services.change_request(
            actor=request.auth,
            request_id=request_id,
            version=body.version,
            changes=cast(services.Changes, changes),
            at=clock.now(),
        )
    )


@router.post("/expense-requests/{uuid:request_id}/submit", response=ExpenseRequestOut)
def submit_request(request: Request, request_id: UUID) -> Any:
    return _request(services.submit_request(actor=request.auth, request_id=request_id, at=clock.now()))


def _category(category: ExpenseCategory) -> dict[str, Any]:
    limit = category.limit
    return {
        "id": category.pk,
        "code": category.code,
        "name": category.name,
        "limit": None if limit is None else {"amount": format(limit, "f"), "currency": category.company.currency},
        "invoice_required": category.invoice_required,
    }


def _request(request: ExpenseRequest) -> dict[str, Any]:
    category, customer = request.category, request.customer
    return {
        "id": request.pk,
        "version": request.version,
        "number": request.number,
        "status": request.status,
        "owner": {"id": request.owner_id, "name": request.owner.name},
        "category": {"id": category.pk, "code": category.code, "name": category.name},
        "customer": {"id": customer.pk, "name": customer.name} if customer else None,
        "visit_id": request.visit_id,
        "purpose": request.purpose,
        "amount": {"amount": format(request.amount, "f"), "currency": request.currency},
        "needed_on": request.needed_on,
        "approval_id": request.approval_id,
        "created_at": request.created_at,
        "submitted_at": request.submitted_at,
    }

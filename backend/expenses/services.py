from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from backend.approvals import registry
from backend.approvals import services as approvals
from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.core.money import rounded
from backend.core.text import bilingual
from backend.customers.models import Customer
from backend.customers.selectors import get_customer
from backend.documents import services as documents
from backend.documents.once import Identity, create_once
from backend.events import services as events
from backend.expenses import selectors
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from backend.visits.models import Visit
from backend.visits.selectors import get_visit

Status = ExpenseRequest.Status
DEFAULT_CATEGORIES: tuple[tuple[str, str, bool], ...] = (
    ("travel", "差旅费", True),
    ("local_transport", "市内交通费", True),
    ("entertainment", "业务招待费", True),
    ("gift", "礼品费", True),
    ("marketing", "市场推广费", True),
    ("sample", "样品费", False),
    ("communication", "通讯费", True),
    ("other", "其他", True),
)
"""Code, name, invoice required. Names are data of the company, which may change them."""


class NotADraft(Conflict):
    code = "not_a_draft"
    message = bilingual("只有草稿可以修改或提交。", "Only a draft can be changed or submitted.")


class NotTheRequester(Forbidden):
    code = "not_the_requester"
    message = bilingual("只有申请人可以修改或提交。", "Only the requester may change or submit this.")


class VisitOfAnotherCustomer(Invalid):
    code = "visit_of_another_customer"
    message = bilingual("该拜访不属于所选客户。", "The visit is of another customer.")


class NothingAskedFor(Invalid):
    code = "amount_not_positive"
    message = bilingual("金额必须大于零。", "The amount must be above zero.")


class Changes(TypedDict, total=False):
    """What a PATCH may change; an absent key leaves the field as it is."""

    category_id: UUID
    customer_id: UUID | None
    visit_id: UUID | None
    purpose: str
    amount: Decimal
    currency: str
    needed_on: date | None


@transaction.atomic
def ensure_default_categories(*, actor: Actor) -> None:
    """Give the company each standard category whose code it lacks. Repeatable; what is there stays as it is."""
    actor.require("directory.manage")
    for code, name, invoice_required in DEFAULT_CATEGORIES:
        category, created = ExpenseCategory.objects.get_or_create(
            company_id=actor.company_id, code=code, defaults={"name": name, "invoice_required": invoice_required}
        )
        if created:
            events.record("expense_category.created", category, actor=actor, name=name)


@transaction.atomic
def create_request(
    *,
    actor: Actor,
    id: UUID | None = None,
    category_id: UUID,
    customer_id: UUID | None = None,
    visit_id: UUID | None = None,
    purpose: str,
    amount: Decimal,
    currency: str,
    needed_on: date | None = None,
    at: datetime,
) -> tuple[ExpenseRequest, bool]:
    """The actor's new draft and True; sent again, the stored one and False. A visit brings its customer along.

    Raises IdReused, NotFound for what is hidden, VisitOfAnotherCustomer, NothingAskedFor.
    """
    actor.require("expense.write")
    content: Changes = {
        "category_id": category_id,
        "customer_id": customer_id,
        "visit_id": visit_id,
        "purpose": purpose,
        "amount": amount,
        "currency": currency,
        "needed_on": needed_on,
    }

    def create(identity: Identity) -> ExpenseRequest:
        columns = _checked(actor, content, customer_id=customer_id, visit_id=visit_id)
        number = documents.next_number(company_id=actor.company_id, series="FY", at=at)
        request = ExpenseRequest.objects.create(**identity, **columns, number=number)
        events.record("expense.created", request, actor=actor, at=at, number=number, amount=str(request.amount))
        return request

    return create_once(ExpenseRequest, id=id, actor=actor, content=content, create=create)


@transaction.atomic
def change_request(*, actor: Actor, request_id: UUID, version: int, changes: Changes, at: datetime) -> ExpenseRequest:
    """Edit the own draft. Raises NotTheRequester, NotADraft, VersionConflict and as `create_request` does."""
    request = _own(actor, request_id)
    if not request.is_draft:
        raise NotADraft(state=request.status)
    request.require_version(version)
    columns = _checked(
        actor,
        changes,
        customer_id=changes.get("customer_id", request.customer_id),
        visit_id=changes.get("visit_id", request.visit_id),
    )
    before = {name: getattr(request, name) for name in columns}
    changed = {name: value for name, value in columns.items() if before[name] != value}
    if changed:
        request.change(**changed)
        events.record(
            "expense.changed",
            request,
            actor=actor,
            at=at,
            before={name: _plain(before[name]) for name in changed},
            after={name: _plain(value) for name, value in changed.items()},
        )
    return request


@transaction.atomic
def submit_request(*, actor: Actor, request_id: UUID, at: datetime) -> ExpenseRequest:
    """Send the own draft into approval. Sent again, the present state, also when it is approved meanwhile.

    Raises NotTheRequester, NotADraft for a rejected or withdrawn one, routing.NoFlow, routing.NoApprover.
    """
    request = _own(actor, request_id)
    if request.status in {Status.IN_APPROVAL, Status.APPROVED}:
        return request
    if not request.is_draft:
        raise NotADraft(state=request.status)
    approval = approvals.submit(actor=actor, document=request, at=at)
    request.change(status=Status.IN_APPROVAL, submitted_at=at, approval=approval)
    events.record("expense.submitted", request, actor=actor, at=at, title=request.title)
    return request


def _own(actor: Actor, request_id: UUID) -> ExpenseRequest:
    """Locked. A colleague who may see it may not change it."""
    actor.require("expense.write")
    rows = ExpenseRequest.objects.select_related(*selectors.SHOWN, "company")
    request: ExpenseRequest = rows.get_visible(actor, request_id, lock=True)
    if request.owner_id != actor.employee_id:
        raise NotTheRequester()
    return request


def _checked(actor: Actor, content: Changes, *, customer_id: UUID | None, visit_id: UUID | None) -> dict[str, Any]:
    """Columns to save. Looks up what the content names; the customer and visit are those after the change."""
    columns: dict[str, Any] = {
        name: content[name] for name in ("purpose", "amount", "currency", "needed_on") if name in content
    }
    if "amount" in columns:
        columns["amount"] = rounded(columns["amount"])
        if columns["amount"] <= 0:
            raise NothingAskedFor(fields={"amount": NothingAskedFor.message})
    if "category_id" in content:
        columns["category"] = selectors.get_category(actor=actor, category_id=content["category_id"])
    if "customer_id" in content or "visit_id" in content:
        columns["customer"], columns["visit"] = _place(actor, customer_id, visit_id)
    return columns


def _place(actor: Actor, customer_id: UUID | None, visit_id: UUID | None) -> tuple[Customer | None, Visit | None]:
    visit = get_visit(actor=actor, visit_id=visit_id) if visit_id else None
    if visit is None:
        return get_customer(actor=actor, customer_id=customer_id) if customer_id else None, None
    told = (None, visit.customer_id)  # a customer merged meanwhile is told by its old id, and the visit has moved
    if customer_id not in told and get_customer(actor=actor, customer_id=customer_id).pk != visit.customer_id:
        raise VisitOfAnotherCustomer(fields={"visit_id": VisitOfAnotherCustomer.message})
    return visit.customer, visit


def _plain(value: Any) -> str | None:
    return None if value is None else str(getattr(value, "pk", value))


def _settled(status: Status) -> registry.Settle:
    def settle(*, actor: Actor, document: ExpenseRequest, at: datetime) -> None:
        document.change(status=status)
        events.record(f"expense.{status}", document, actor=actor, at=at, title=document.title)

    return settle


DOCUMENT_TYPE = registry.DocumentType(
    model=ExpenseRequest,
    name=bilingual("费用申请", "Expense request"),
    facts=selectors.facts,
    title=lambda request: request.title,
    summary=selectors.summary,
    screen=selectors.screen,
    related=selectors.EVIDENCE,
    on_approved=_settled(Status.APPROVED),
    on_rejected=_settled(Status.REJECTED),
    on_withdrawn=_settled(Status.WITHDRAWN),
    default_steps=(
        registry.MANAGER_STEP,
        registry.FINANCE_STEP,
        {
            "key": "finance_foreign",
            "name_zh": "财务（外币）",
            "name_en": "Finance (foreign currency)",
            "approvers": {"source": "role", "value": "finance"},
            "mode": "any",
            "conditions": [
                {"field": "foreign", "op": "eq", "value": True},
                {"field": "amount", "op": "lte", "value": "5000"},
            ],
        },
    ),
)
"""5,000 is in the company's currency, so finance looks at every foreign amount."""

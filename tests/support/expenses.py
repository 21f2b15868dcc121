"""A company that is ready for expenses, and what its people ask for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from backend.approvals.services import ensure_default_flows
from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.customers.services import create_customer
from backend.directory.models import Employee
from backend.directory.selectors import actor_for
from backend.expenses import services
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from backend.visits.models import Visit
from tests.support.cast import Cast


def prepare(cast: Cast) -> None:
    """Default flows and categories in both companies."""
    for company in (cast.company, cast.acme):
        ensure_default_flows(actor=Actor.system(company.pk))
        services.ensure_default_categories(actor=Actor.system(company.pk))


def category_of(employee: Employee, code: str = "entertainment") -> ExpenseCategory:
    return ExpenseCategory.objects.get(company_id=employee.company_id, code=code)


def draft(employee: Employee, *, amount: str = "800", **more: Any) -> ExpenseRequest:
    given: dict[str, Any] = {"purpose": "请客户吃饭", "currency": "CNY", **more}
    given.setdefault("category_id", category_of(employee).pk)
    request, _ = services.create_request(actor=actor_for(employee), amount=Decimal(amount), at=clock.now(), **given)
    return request


def submitted(employee: Employee, *, amount: str = "800", **more: Any) -> ExpenseRequest:
    request = draft(employee, amount=amount, **more)
    return services.submit_request(actor=actor_for(employee), request_id=request.pk, at=clock.now())


def a_customer(employee: Employee, *, code: str = "K1", name: str = "老张茶行") -> Customer:
    customer, _ = create_customer(actor=actor_for(employee), code=code, name=name, at=clock.now())
    return customer


def a_visit(employee: Employee, customer: Customer) -> Visit:
    """A completed and verified one of 40 minutes."""
    left = clock.now() - timedelta(hours=2)
    came = left - timedelta(minutes=40)
    return Visit.objects.create(
        company_id=employee.company_id,
        owner=employee,
        department_id=employee.department_id,
        customer=customer,
        status=Visit.Status.COMPLETED,
        verdict=Visit.Verdict.VERIFIED,
        started_at=came,
        checked_in_at=came,
        checked_out_at=left,
        summary="谈妥春季订单",
    )

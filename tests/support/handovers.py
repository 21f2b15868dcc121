"""A rep with something of each kind, and who takes over from him."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backend.approvals import services as approvals
from backend.approvals.models import Task
from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.directory.models import Employee, Handover
from backend.directory.selectors import actor_for, today_of
from backend.directory.services import handovers, people
from backend.expenses.models import ExpenseRequest
from backend.orders.models import Follower, Order
from backend.visits.models import Visit, VisitPlan
from tests.support.cast import Cast
from tests.support.delegations import delegated
from tests.support.expenses import a_customer, draft, prepare, submitted

TYPE = "expenses.expenserequest"


def hire(cast: Cast, number: str, name: str, *, role: str = "rep", manager: Employee | None = None) -> Employee:
    """A colleague in Shanghai, below Han Meimei's department."""
    return people.put_employee(
        actor=Actor.system(cast.company.pk),
        number=number,
        name=name,
        department_id=cast.shanghai.pk,
        manager_id=(manager or cast.han).pk,
        role_codes=[role],
        at=clock.now(),
    )


def asks(cast: Cast, employee: Employee) -> None:
    """From now on this person decides every expense request."""
    step = {"key": "one", "name_zh": "审批", "name_en": "Approval", "mode": "any"}
    approvals.publish_flow(
        actor=Actor.system(cast.company.pk),
        document_type=TYPE,
        name="费用申请",
        steps=[step | {"approvers": {"source": "person", "value": str(employee.pk)}}],
    )


@dataclass(frozen=True)
class Desk:
    """What Li Lei holds."""

    customer: Customer
    plan: VisitPlan
    visit: Visit
    expense: ExpenseRequest
    order: Order
    running: Order
    followed: Follower
    task: Task


def make_desk(cast: Cast) -> Desk:
    prepare(cast)
    asks(cast, cast.li)
    li: dict[str, Any] = {"company_id": cast.company.pk, "owner": cast.li, "department_id": cast.li.department_id}
    han = {**li, "owner": cast.han, "department_id": cast.han.department_id}
    money: dict[str, Any] = {"currency": "CNY", "total": "10.00"}
    customer = a_customer(cast.li)
    tomorrow = today_of(company_id=cast.company.pk, at=clock.now()) + timedelta(days=1)
    plan = VisitPlan.objects.create(**li, customer=customer, planned_on=tomorrow)
    theirs = Order.objects.create(**han, **money, customer=customer, number="SO1", status="sent", label="sent")
    theirs.show_to([cast.li.pk])
    request = submitted(hire(cast, "3001", "周舟"))
    delegated(cast.wang, cast.li)
    return Desk(
        customer=customer,
        plan=plan,
        visit=Visit.objects.create(**li, customer=customer, plan=plan, started_at=clock.now()),
        expense=draft(cast.li, customer_id=customer.pk),
        order=Order.objects.create(**li, **money, customer=customer),
        running=Order.objects.create(**li, **money, customer=customer, number="SO2", status="sent", label="shipped"),
        followed=Follower.objects.create(company_id=cast.company.pk, order=theirs, employee=cast.li),
        task=Task.objects.get(approval=request.approval_id),
    )


EVERYTHING = {
    "tasks": 1,
    "customers": 1,
    "visit_plans": 1,
    "visits": 1,
    "expense_drafts": 1,
    "order_drafts": 1,
    "running_orders": 1,
    "followed_orders": 1,
    "shares": 1,
    "delegations": 1,
}


def handed_over(by: Employee, leaver: Employee, successor: Employee, **more: Any) -> Handover:
    made, _ = handovers.hand_over(
        actor=actor_for(by), leaver_id=leaver.pk, successor_id=successor.pk, at=clock.now(), **more
    )
    return made

"""Lists cost the same for one row and for fifty. Those that do more than show rows are counted beside their rules."""

from datetime import date

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.customers.models import Contact
from backend.directory.models import Department, Employee
from backend.expenses.models import ExpenseCategory
from backend.visits.models import VisitPlan
from tests.notifications.subjects import customer_of
from tests.support.client import access_token
from tests.support.handovers import handed_over
from tests.support.stock import make_product


def employees(cast, number: int) -> str:
    for _ in range(number):
        login = str(new_id())
        Employee.objects.create(
            company=cast.company, department=cast.north, number=login[-12:], login=login, name="周舟", manager=cast.han
        )
    return "/employees?limit=100"


def departments(cast, number: int) -> str:
    for _ in range(number):
        Department.objects.create(company=cast.company, code=str(new_id())[-12:], name="组", parent=cast.north)
    return "/departments"


def sessions(cast, number: int) -> str:
    for _ in range(number):
        access_token(cast.li, device=str(new_id()))
    return "/auth/sessions"


def contacts(cast, number: int) -> str:
    customer = customer_of(cast.li)
    for _ in range(number):
        Contact.objects.create(company=cast.company, customer=customer, name="王经理", created_at=clock.now())
    return f"/customers/{customer.pk}/contacts?limit=100"


def plans(cast, number: int) -> str:
    for _ in range(number):
        VisitPlan.objects.create(
            company=cast.company,
            owner=cast.li,
            department=cast.shanghai,
            customer=customer_of(cast.li),
            planned_on=date(2026, 11, 25),
        )
    return "/visit-plans?from=2026-11-25&to=2026-11-25&limit=100"


def products(cast, number: int) -> str:
    system = Actor.system(cast.company.pk)
    for _ in range(number):
        make_product(system, code=str(new_id())[-12:], name="乌龙茶")
    return "/products?limit=100"


def categories(cast, number: int) -> str:
    for _ in range(number):
        ExpenseCategory.objects.create(company=cast.company, code=str(new_id())[-12:], name="差旅费")
    return "/expense-categories"


def handovers(cast, number: int) -> str:
    for _ in range(number):
        handed_over(cast.qian, cast.li, cast.zhao, kinds=["customers"])
    return "/handovers?limit=100"


def handed(cast, number: int) -> str:
    for _ in range(number):
        customer_of(cast.li)
    made = handed_over(cast.qian, cast.li, cast.zhao, kinds=["customers"])
    return f"/handovers/{made.pk}/items?limit=100"


LISTS = [employees, departments, sessions, contacts, plans, products, categories, handovers, handed]


@pytest.mark.parametrize("rows", LISTS)
def test_fifty_rows_cost_as_many_queries_as_one(api, cast, rows, django_assert_max_num_queries):
    caller = api(cast.li)
    caller.get("/me")  # the token is verified once
    for number in (1, 50):
        path = rows(cast, number)
        with django_assert_max_num_queries(3):
            reply = caller.get(path)
        assert reply.status_code == 200, reply.content
        assert len(reply.json()["items"]) >= number

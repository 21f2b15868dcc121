from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from backend.approvals import services as approvals
from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.events.models import Event
from backend.expenses import selectors, services
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from tests.support.expenses import a_customer, a_visit, category_of, draft, prepare, submitted


@pytest.fixture(autouse=True)
def _ready(cast):
    prepare(cast)


def names_of_events(request: ExpenseRequest) -> list[str]:
    return list(Event.objects.filter(subject_id=request.pk).order_by("id").values_list("name", flat=True))


class TestCategories:
    def test_defaults_are_the_companys_own_to_change(self, cast):
        category = category_of(cast.li, "gift")
        ExpenseCategory.objects.filter(pk=category.pk).update(name="伴手礼", limit=200)
        services.ensure_default_categories(actor=Actor.system(cast.company.pk))
        category.refresh_from_db()
        assert (category.name, category.limit) == ("伴手礼", Decimal(200))
        mine = ExpenseCategory.objects.filter(company=cast.company)
        assert mine.count() == len(services.DEFAULT_CATEGORIES)
        created = Event.objects.filter(name="expense_category.created", company=cast.company)
        assert created.count() == len(services.DEFAULT_CATEGORIES)

    def test_only_who_manages_the_company_sets_them_up(self, cast):
        with pytest.raises(Forbidden):
            services.ensure_default_categories(actor=cast.actor(cast.wang))


class TestFacts:
    def test_finance_looks_at_more_than_5000(self, cast):
        assert [stop["key"] for stop in submitted(cast.li, amount="5000").approval.route] == ["manager"]
        assert [stop["key"] for stop in submitted(cast.li, amount="5000.01").approval.route] == ["manager", "finance"]

    @pytest.mark.parametrize(("amount", "step"), [("10", "finance_foreign"), ("6000", "finance")])
    def test_finance_looks_once_at_every_foreign_amount(self, cast, amount, step):
        route = submitted(cast.li, amount=amount, currency="USD").approval.route
        assert [stop["key"] for stop in route] == ["manager", step]

    def test_say_what_flows_may_ask(self, cast):
        ExpenseCategory.objects.update(limit=500)
        request = ExpenseRequest.objects.get(pk=draft(cast.li, amount="800").pk)
        assert selectors.facts(request) == {
            "amount": "800.00",
            "currency": "CNY",
            "foreign": False,
            "category": "entertainment",
            "department": str(cast.shanghai.pk),
            "over_limit": True,
        }


class TestCreate:
    def test_numbers_the_request_and_says_so(self, cast):
        first, second = draft(cast.li), draft(cast.li)
        assert first.number.startswith("FY")
        assert first.number < second.number
        assert Event.objects.get(name="expense.created", subject_id=first.pk).data == {
            "number": first.number,
            "amount": "800.00",
        }

    def test_needs_the_right(self, cast):
        powerless = replace(cast.actor(cast.li), capabilities=frozenset())
        with pytest.raises(Forbidden):
            services.create_request(
                actor=powerless,
                category_id=category_of(cast.li).pk,
                purpose="请客户吃饭",
                amount=Decimal(1),
                currency="CNY",
                at=clock.now(),
            )

    def test_a_visit_brings_its_customer_along(self, cast):
        customer = a_customer(cast.li)
        request = draft(cast.li, visit_id=a_visit(cast.li, customer).pk)
        assert request.customer == customer


class TestChange:
    def test_says_what_was_and_what_is(self, cast):
        request = draft(cast.li)
        customer = a_customer(cast.li)
        services.change_request(
            actor=cast.actor(cast.li),
            request_id=request.pk,
            version=1,
            changes={"amount": Decimal("900"), "customer_id": customer.pk, "purpose": "请客户吃饭"},
            at=clock.now(),
        )
        assert Event.objects.get(name="expense.changed").data == {
            "before": {"amount": "800.00", "customer": None},
            "after": {"amount": "900.00", "customer": str(customer.pk)},
        }

    def test_nothing_new_changes_nothing(self, cast):
        request = draft(cast.li)
        unchanged = services.change_request(
            actor=cast.actor(cast.li),
            request_id=request.pk,
            version=1,
            changes={"amount": Decimal("800")},
            at=clock.now(),
        )
        assert unchanged.version == 1
        assert names_of_events(request) == ["expense.created"]

    def test_a_visit_must_stay_with_its_customer(self, cast):
        request = draft(cast.li, visit_id=a_visit(cast.li, a_customer(cast.li)).pk)
        other = a_customer(cast.li, code="K2", name="山城茶楼")
        with pytest.raises(services.VisitOfAnotherCustomer):
            services.change_request(
                actor=cast.actor(cast.li),
                request_id=request.pk,
                version=1,
                changes={"customer_id": other.pk},
                at=clock.now(),
            )


class TestOutcome:
    @pytest.mark.parametrize(
        ("verb", "by", "status"),
        [("approve", "han", "approved"), ("reject", "han", "rejected"), ("withdraw", "li", "withdrawn")],
    )
    def test_follows_the_approval(self, cast, verb, by, status):
        request = submitted(cast.li)
        opinion = {} if verb == "withdraw" else {"opinion": "太贵"}
        act = getattr(approvals, verb)
        act(actor=cast.actor(getattr(cast, by)), approval_id=request.approval_id, at=clock.now(), **opinion)
        request.refresh_from_db()
        assert request.status == status
        assert names_of_events(request) == ["expense.created", "expense.submitted", f"expense.{status}"]
        assert Event.objects.get(name=f"expense.{status}").data == {"title": request.title}

    def test_the_approval_remembers_what_was_asked(self, cast):
        request = submitted(cast.li, customer_id=a_customer(cast.li).pk)
        assert request.approval.title == f"{request.number} 请客户吃饭"
        assert request.approval.summary == {
            "number": request.number,
            "amount": {"amount": "800.00", "currency": "CNY"},
            "category": "业务招待费",
            "customer": "老张茶行",
            "purpose": "请客户吃饭",
        }

    def test_a_long_purpose_is_cut_in_the_title_only(self, cast):
        request = submitted(cast.li, purpose="茶" * 255)
        assert request.approval.title == f"{request.number} " + "茶" * (254 - len(request.number))
        assert request.approval.summary["purpose"] == "茶" * 255


class TestConstraints:
    @pytest.mark.parametrize("wrong", [{"amount": 0}, {"status": "approved"}, {"submitted_at": "2026-11-22T08:00:00Z"}])
    def test_the_database_is_the_last_judge(self, cast, wrong):
        request = draft(cast.li)
        with pytest.raises(IntegrityError), transaction.atomic():
            ExpenseRequest.objects.filter(pk=request.pk).update(**wrong)

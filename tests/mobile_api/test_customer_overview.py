"""The customer from all sides, in one call; and its timeline."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.customers.selectors.overview import overview, timeline
from backend.events.models import Event
from backend.orders.models import Order
from mobile_api.schemas.overview import CustomerOverviewOut, CustomerTimelineOut
from tests.support.contract import reads_as
from tests.support.customers import made
from tests.support.expenses import prepare
from tests.support.expenses import submitted as expense
from tests.support.orders import make_shop
from tests.support.visits import check_in_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(api, cast):
    """Li's customer with visits, a plan, orders and an expense request that waits for a decision."""
    prepare(cast)
    shop = make_shop(cast)
    li, customer = api(cast.li), str(shop.customer.pk)
    visit = li.post("/visits", {"customer_id": customer, "purpose": "送样"}).json()["id"]
    li.post(f"/visits/{visit}/check-in", check_in_body())
    li.post("/visit-plans", {"customer_id": customer, "planned_on": "2026-12-01"})
    shop.draft(li)
    invoiced = shop.submitted(li)
    Order.objects.filter(pk=invoiced["id"]).update(payment="invoiced")
    expense(cast.li, customer_id=shop.customer.pk)
    li.post(f"/customers/{customer}/contacts", {"name": "王经理", "phone": "13800000000"})
    li.patch(f"/customers/{customer}", {"version": 2, "phone": "021-6888"})
    return shop


def test_one_call_tells_it_all(api, cast, shop):
    seen = reads_as(CustomerOverviewOut, api(cast.li).get(f"/customers/{shop.customer.pk}/overview"))

    assert seen.customer.name == "联华超市"
    assert [contact.phone for contact in seen.contacts] == ["13800000000"]
    assert (seen.visits.count, seen.visits.completed, seen.visits.last.owner) == (1, 0, "李雷")
    assert str(seen.plans.last_planned.on) == "2026-12-01"
    assert (seen.orders.count, seen.orders.open, seen.orders.last.label) == (2, 1, "queued")
    assert [str(money.amount) for money in seen.orders.sold] == ["48.00"]
    assert (seen.orders.receivables.count, str(seen.orders.receivables.total[0].amount)) == (1, "48.00")
    assert [waiting.owner for waiting in seen.expenses.open_approvals] == ["李雷"]
    for stranger in (cast.zhao, cast.sun):
        for page in ("overview", "timeline"):
            assert api(stranger).get(f"/customers/{shop.customer.pk}/{page}").status_code == 404


def test_each_sees_of_it_what_he_may_see(cast, shop):
    li = cast.actor(cast.li)
    narrow = replace(li, capabilities=li.capabilities - {"order.read", "expense.read"}, fields=frozenset())

    seen = overview(actor=narrow, customer_id=shop.customer.pk).figures
    assert (seen["orders"], seen["expenses"]) == (None, None)
    told = [line.data for line in timeline(actor=narrow, customer_id=shop.customer.pk, limit=50)]
    assert "021-6888" not in str(told)
    assert {line.kind for line in timeline(actor=narrow, customer_id=shop.customer.pk, limit=50)} == {
        "history",
        "visits",
    }
    blind = overview(actor=replace(li, fields=frozenset()), customer_id=shop.customer.pk)
    assert blind.figures["orders"]["receivables"] is None
    shop.customer.show_to([cast.zhao.pk])  # he sees the customer, and none of Li's work
    assert overview(actor=cast.actor(cast.zhao), customer_id=shop.customer.pk).figures["orders"]["count"] == 0


def test_it_costs_the_same_however_much_there_is(api, cast, shop, django_assert_num_queries):
    path = f"/customers/{shop.customer.pk}"
    api(cast.li).get(f"{path}/overview")
    for _ in range(2):
        with django_assert_num_queries(11):
            assert api(cast.li).get(f"{path}/overview").status_code == 200
        with django_assert_num_queries(6):
            assert api(cast.li).get(f"{path}/timeline", limit=50).status_code == 200
        for _ in range(4):
            shop.draft(api(cast.li))
            expense(cast.li, customer_id=shop.customer.pk)


def test_the_timeline_holds_everything_once_page_by_page(api, cast, shop):
    path = f"/customers/{shop.customer.pk}/timeline"
    moment = Event.objects.filter(subject_id=shop.customer.pk).first().at - timedelta(days=1)
    Event.objects.filter(subject_id=shop.customer.pk).update(at=moment)  # of one moment, across sources too
    Order.objects.update(created_at=moment)
    whole = reads_as(CustomerTimelineOut, api(cast.han).get(path, limit=100)).items

    assert [line.kind for line in whole] == ["expenses", "visits", "history", "history", "history", "orders", "orders"]
    assert {line.title for line in whole if line.kind == "history"} == {"created", "contact_added", "changed"}
    assert [line.who for line in whole] == ["李雷"] * 7
    paged, cursor = [], None
    while True:
        page = api(cast.han).get(path, limit=2, cursor=cursor).json()
        paged += [(line["kind"], line["id"]) for line in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert paged == [(line.kind, line.id) for line in whole]
    wrong = api(cast.han).get(path, cursor="bm9uc2Vuc2U")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_cursor")
    other = made(api(cast.han), "别家")["id"]
    assert [line["title"] for line in api(cast.han).get(f"/customers/{other}/timeline").json()["items"]] == ["created"]

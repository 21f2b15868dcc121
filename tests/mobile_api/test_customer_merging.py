"""Two entries of one customer: everything follows, and the recycle bin takes it back."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.customers import tasks
from backend.customers.models import CoOwner, Customer, CustomerPlace, Merge
from backend.documents.models import Share
from backend.events.models import Event
from backend.expenses.models import ExpenseRequest
from backend.orders.models import Order
from backend.visits.models import Visit, VisitPlan
from tests.support.customers import code_of, made
from tests.support.expenses import draft as expense
from tests.support.expenses import prepare
from tests.support.orders import make_shop
from tests.support.visits import SHOP, check_in_body

pytestmark = pytest.mark.django_db
FOLLOWERS = (Visit, VisitPlan, Order, ExpenseRequest, CustomerPlace)
CREDIT_CODE = "91350100M000100Y43"


@pytest.fixture
def two(api, cast):
    """The one that is kept, and Li's with a thing of each kind."""
    prepare(cast)
    shop = make_shop(cast)
    li, merged = api(cast.li), str(shop.customer.pk)
    told = {"version": 1, "phone": "021-6888", "credit_code": CREDIT_CODE, "tags": ["重点"], "place": SHOP}
    assert li.patch(f"/customers/{merged}", told).status_code == 200
    visit = li.post("/visits", {"customer_id": merged}).json()["id"]
    li.post(f"/visits/{visit}/check-in", check_in_body())
    li.post("/visit-plans", {"customer_id": merged, "planned_on": "2026-12-01"})
    shop.draft(li)
    expense(cast.li, customer_id=shop.customer.pk)
    li.post(f"/customers/{merged}/contacts", {"name": "王经理", "phone": "13800000000"})
    li.post(f"/customers/{merged}/places", {"name": "分店", "place": SHOP})
    kept = made(api(cast.han), "上海联华超市")["id"]
    return kept, merged


def whose(model):
    return {str(pk) for pk in model.objects.values_list("customer_id", flat=True)}


def merge(caller, two):
    return caller.post("/customers/merge", {"kept_id": two[0], "merged_id": two[1]})


def test_everything_follows(api, cast, two):
    kept, merged = two
    first, again = merge(api(cast.han), two), merge(api(cast.han), two)

    assert (first.status_code, first.json()) == (200, again.json())
    told = first.json()
    assert (told["id"], told["phone"], told["credit_code"], told["tags"]) == (kept, "021-6888", CREDIT_CODE, ["重点"])
    assert told["place"]["lat"] == SHOP["lat"]
    for model in FOLLOWERS:
        assert whose(model) == {kept}, model
    assert [item["id"] for item in api(cast.han).get("/customers", q="王经理").json()["items"]] == [kept]
    assert api(cast.li).get(f"/customers/{merged}").json()["id"] == kept  # his phone may still know the old id
    assert CoOwner.objects.get().employee == cast.li
    assert Merge.objects.count() == Event.objects.filter(name="customer.merged").count() == 1
    counts = Event.objects.get(name="customer.merged").data["counts"]
    assert counts == dict.fromkeys(("visits", "plans", "orders", "expenses", "contacts", "places"), 1)


def test_restoring_the_merged_one_parts_them_again(api, cast, two):
    kept, merged = two
    merge(api(cast.han), two)
    binned = api(cast.han).get("/customers/recycled").json()["items"]
    assert [(item["id"], item["merged_into"]["id"]) for item in binned] == [(merged, kept)]

    first, again = (api(cast.li).post(f"/customers/{merged}/restore") for _ in range(2))

    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["credit_code"] == CREDIT_CODE
    for model in FOLLOWERS:
        assert whose(model) == {merged}, model
    left = api(cast.han).get(f"/customers/{kept}").json()
    assert (left["phone"], left["credit_code"], left["place"]) == ("", "", None)
    assert [item["id"] for item in api(cast.han).get("/customers", q="王经理").json()["items"]] == [merged]
    assert api(cast.li).get(f"/customers/{kept}").status_code == 404
    assert not CoOwner.objects.exists()
    assert api(cast.han).get("/customers/recycled").json()["items"] == []
    assert merge(api(cast.han), two).status_code == 200
    assert Merge.objects.count() == 2


def test_what_has_gone_on_since_stays(api, cast, two):
    kept, merged = two
    merge(api(cast.han), two)
    elsewhere = made(api(cast.han), "别家")["id"]
    Order.objects.update(customer_id=elsewhere)
    Customer.objects.filter(pk=kept).update(phone="021-9999")

    api(cast.li).post(f"/customers/{merged}/restore")

    assert whose(Order) == {elsewhere}
    assert Customer.objects.get(pk=kept).phone == "021-9999"


def test_what_was_on_its_way_follows_within_the_hour(api, cast, two):
    kept, merged = two
    merge(api(cast.han), two)
    Visit.objects.create(
        company=cast.company, owner=cast.li, department=cast.shanghai, customer_id=merged, started_at=clock.now()
    )

    for _ in range(2):
        tasks.tidy()

    assert whose(Visit) == {kept}
    api(cast.li).post(f"/customers/{merged}/restore")
    assert whose(Visit) == {merged}
    Merge.objects.update(merged_at=clock.now() - timedelta(days=9))
    tasks.tidy()
    assert whose(Visit) == {merged}


def test_who_may_not(api, cast, two):
    kept, merged = two
    foreign = made(api(cast.sun), "甲公司的")["id"]
    theirs = made(api(cast.zhao), "华北的")["id"]

    assert code_of(merge(api(cast.han), (kept, kept))) == (422, "same_customer")
    for caller, pair in ((cast.li, two), (cast.zhao, two), (cast.sun, two), (cast.han, (kept, theirs))):
        assert merge(api(caller), pair).status_code == 404, caller.name
    assert merge(api(cast.qian), (kept, foreign)).status_code == 404
    merge(api(cast.han), two)
    for stranger in (cast.zhao, cast.sun):
        assert api(stranger).post(f"/customers/{merged}/restore").status_code == 404
        assert api(stranger).get("/customers/recycled").json()["items"] == []
    assert whose(Visit) == {kept}


def test_a_deleted_one_comes_back_whole(api, cast):
    customer = made(api(cast.li), credit_code=CREDIT_CODE)
    path = f"/customers/{customer['id']}"
    api(cast.li).delete(path)
    assert [item["id"] for item in api(cast.li).get("/customers/recycled").json()["items"]] == [customer["id"]]

    other = made(api(cast.li), "别家", credit_code=CREDIT_CODE)
    assert code_of(api(cast.li).post(f"{path}/restore")) == (409, "credit_code_taken")
    api(cast.li).delete(f"/customers/{other['id']}")
    assert api(cast.li).post(f"{path}/restore").status_code == 200
    assert api(cast.li).get(path).json()["credit_code"] == CREDIT_CODE
    assert Event.objects.filter(name="customer.restored").count() == 1


def test_who_was_shown_the_merged_one_is_shown_the_kept_one_until_then(api, cast, two):
    kept, merged = two
    until = clock.now() + timedelta(days=5)
    Customer.objects.get(pk=merged).show_to([cast.zhao.pk], until=until)
    assert api(cast.zhao).get(f"/customers/{kept}").status_code == 404

    merge(api(cast.han), two)

    assert api(cast.zhao).get(f"/customers/{merged}").json()["id"] == kept
    assert Share.objects.get(employee=cast.zhao, document_id=kept).until == until
    api(cast.li).post(f"/customers/{merged}/restore")
    assert api(cast.zhao).get(f"/customers/{kept}").status_code == 404
    assert api(cast.zhao).get(f"/customers/{merged}").status_code == 200

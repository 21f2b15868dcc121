"""Entering a customer: duplicates, the credit code, the company's own fields."""

from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.customers import services
from backend.customers.models import Customer
from backend.events.models import Event
from tests.support.customers import code_of, made

pytestmark = pytest.mark.django_db
CREDIT_CODE = "91350100M000100Y43"
"""The example of GB 32100-2015."""


class TestDuplicates:
    def test_they_are_shown_before_one_is_made(self, api, cast):
        mine = made(api(cast.li), "上海联华（超市）有限公司", phone="021-68889999")

        for told, reasons in (
            ({"name": "上海联华超市"}, ["name"]),
            ({"name": "别家", "phone": "+86 021 6888 9999"}, ["phone"]),
            ({"name": "上海 联华超市股份有限公司", "phone": "02168889999"}, ["name", "phone"]),
        ):
            found = api(cast.li).post("/customers/check-duplicates", told).json()["items"]
            assert [(item["customer"]["id"], item["reasons"]) for item in found] == [(mine["id"], reasons)], told
        for told in ({"name": "联华"}, {"phone": "123"}, {}, {"name": "上海联华超市", "except_id": mine["id"]}):
            assert api(cast.li).post("/customers/check-duplicates", told).json() == {"items": []}, told

    def test_of_a_hidden_one_only_is_said_that_it_is_there(self, api, cast):
        made(api(cast.zhao), "上海联华超市", phone="021-68889999", credit_code=CREDIT_CODE)

        told = {"name": "上海联华超市", "phone": "02168889999", "credit_code": CREDIT_CODE}
        found = api(cast.li).post("/customers/check-duplicates", told)
        assert found.json() == {"items": [{"customer": None, "reasons": ["credit_code", "name", "phone"]}]}
        assert api(cast.sun).post("/customers/check-duplicates", told).json() == {"items": []}
        theirs = Customer.objects.get().pk
        assert api(cast.li).post("/customers/check-duplicates", told | {"except_id": str(theirs)}).status_code == 404

    def test_a_likely_one_is_refused_until_the_person_insists(self, api, cast):
        theirs = made(api(cast.li), "联华超市")
        sent = {"id": str(uuid4()), "name": "联华超市有限公司"}

        refused = api(cast.li).post("/customers", sent)
        assert code_of(refused) == (409, "likely_duplicate")
        assert [item["customer"]["id"] for item in refused.json()["duplicates"]] == [theirs["id"]]
        assert Customer.objects.count() == 1
        assert api(cast.li).post("/customers", sent | {"accept_duplicates": True}).status_code == 201
        assert api(cast.li).post("/customers", sent | {"accept_duplicates": True}).status_code == 200
        assert Event.objects.filter(name="customer.created").count() == 2


class TestCreditCode:
    def test_its_check_digit_must_fit_and_it_stands_for_one_customer(self, api, cast):
        first = made(api(cast.li), "甲", credit_code=CREDIT_CODE)

        wrong = api(cast.li).post("/customers", {"name": "乙", "credit_code": CREDIT_CODE[:-1] + "5"})
        assert code_of(wrong) == (422, "bad_credit_code")
        assert wrong.json()["errors"][0]["field"] == "credit_code"
        told = {"name": "丙", "credit_code": CREDIT_CODE, "accept_duplicates": True}
        assert code_of(api(cast.zhao).post("/customers", told)) == (409, "credit_code_taken")
        other = made(api(cast.li), "丁")
        change = {"version": 1, "credit_code": CREDIT_CODE}
        assert code_of(api(cast.li).patch(f"/customers/{other['id']}", change)) == (409, "credit_code_taken")
        assert made(api(cast.sun), "戊", credit_code=CREDIT_CODE)["credit_code"] == CREDIT_CODE
        api(cast.li).delete(f"/customers/{first['id']}")
        assert api(cast.li).patch(f"/customers/{other['id']}", change).status_code == 200


class TestOwnFields:
    @pytest.fixture(autouse=True)
    def fields(self, cast):
        def put(key, kind, **more):
            actor = Actor.system(cast.company.pk)
            return services.put_field(actor=actor, key=key, name=key, kind=kind, at=clock.now(), **more)

        put("area", "number", position=2)
        put("opened", "day", position=1)
        put("channel", "choice", choices=["商超", "餐饮"], position=3)
        put("old", "text", is_active=False)
        assert put("area", "number", position=2).pk
        assert Event.objects.filter(name="customer_field.changed").count() == 4

    def test_the_form_knows_them(self, api, cast):
        items = api(cast.li).get("/customers/fields").json()["items"]

        assert [(item["key"], item["kind"], item["choices"]) for item in items] == [
            ("opened", "day", []),
            ("area", "number", []),
            ("channel", "choice", ["商超", "餐饮"]),
        ]
        assert api(cast.sun).get("/customers/fields").json() == {"items": []}

    def test_a_change_keeps_what_it_does_not_say(self, api, cast):
        customer = made(api(cast.li), details={"area": 120.5, "channel": "商超"})
        path = f"/customers/{customer['id']}"

        changed = api(cast.li).patch(path, {"version": 1, "details": {"channel": None, "opened": "2026-01-31"}}).json()

        assert changed["details"] == {"area": 120.5, "opened": "2026-01-31"}
        assert Event.objects.get(name="customer.changed").data["before"] == {
            "details": {"area": 120.5, "channel": "商超"}
        }

    @pytest.mark.parametrize(
        "wrong", [{"area": "big"}, {"channel": "网店"}, {"opened": "2026-02-30"}, {"old": "x"}, {"unknown": "x"}]
    )
    def test_what_does_not_fit_is_named(self, api, cast, wrong):
        reply = api(cast.li).post("/customers", {"name": "甲", "details": wrong})

        assert code_of(reply) == (422, "bad_details")
        assert reply.json()["errors"][0]["field"] == f"details.{next(iter(wrong))}"
        assert not Customer.objects.exists()

    def test_a_required_one_is_asked_for(self, api, cast):
        actor = Actor.system(cast.company.pk)
        services.put_field(actor=actor, key="area", name="面积", kind="number", is_required=True, at=clock.now())

        assert code_of(api(cast.li).post("/customers", {"name": "甲"})) == (422, "bad_details")
        assert api(cast.li).post("/customers", {"name": "甲", "details": {"area": 1}}).status_code == 201

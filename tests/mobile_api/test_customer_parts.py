"""Contacts and further places of a customer."""

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import clock
from backend.customers.models import Contact, CustomerPlace
from backend.events.models import Event
from mobile_api.schemas.customers import CustomerPlaceOut, CustomerPlacesOut
from tests.support.contract import reads_as
from tests.support.customers import code_of, made
from tests.support.visits import METRE, SHOP, check_in_body, new_visit, sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(api, cast):
    """Li Lei's."""
    return made(api(cast.li), phone="021-68889999")


def found(caller, q):
    return [item["id"] for item in caller.get("/customers", q=q).json()["items"]]


class TestContacts:
    @pytest.fixture
    def contact(self, api, cast, customer):
        sent = {"name": "王经理", "phone": "13800000000"}
        return api(cast.li).post(f"/customers/{customer['id']}/contacts", sent).json()

    def test_a_change_is_found_at_once_and_says_nothing_private(self, api, cast, customer, contact):
        path = f"/customers/{customer['id']}/contacts/{contact['id']}"
        first, again = (api(cast.li).patch(path, {"name": "赵老板", "phone": "139 1111 2222"}) for _ in range(2))

        assert first.json() == again.json()
        assert found(api(cast.li), "赵老板") == found(api(cast.li), "13911112222") == [customer["id"]]
        assert found(api(cast.li), "王经理") == []
        told = Event.objects.get(name="customer.contact_changed").data
        assert told == {"contact": contact["id"], "name": "赵老板", "changed": ["name", "phone"]}

    def test_removed_it_is_gone_for_good(self, api, cast, customer, contact):
        path = f"/customers/{customer['id']}/contacts/{contact['id']}"

        assert [api(cast.li).delete(path).status_code for _ in range(2)] == [204, 204]
        assert not Contact.objects.exists()
        assert found(api(cast.li), "王经理") == []
        assert Event.objects.filter(name="customer.contact_removed").count() == 1

    def test_strangers_and_other_customers_reach_none(self, api, cast, customer, contact):
        other = made(api(cast.li), "别家")

        for caller, at in ((cast.zhao, customer), (cast.sun, customer), (cast.li, other)):
            path = f"/customers/{at['id']}/contacts/{contact['id']}"
            assert api(caller).patch(path, {"name": "x"}).status_code == 404
            assert api(caller).delete(path).status_code == (204 if caller == cast.li else 404)
        assert Contact.objects.get().name == "王经理"


class TestPlaces:
    @pytest.fixture
    def place(self, api, cast, customer):
        sent = {"id": str(uuid4()), "name": "分店", "place": {**SHOP, "lat": SHOP["lat"] + 1}, "geofence_m": 100}
        path = f"/customers/{customer['id']}/places"
        first, again = api(cast.li).post(path, sent), api(cast.li).post(path, sent)
        assert (first.status_code, again.status_code) == (201, 200)
        assert code_of(api(cast.li).post(path, sent | {"name": "别的"})) == (409, "id_reused")
        return reads_as(CustomerPlaceOut, first)

    def test_they_are_listed_changed_and_removed(self, api, cast, customer, place):
        path = f"/customers/{customer['id']}/places"
        moved = {"place": {"lat": 31.0, "lng": 121.0, "crs": "wgs84"}}

        assert reads_as(CustomerPlacesOut, api(cast.han).get(path)).items == [place]
        for _ in range(2):
            changed = api(cast.li).patch(f"{path}/{place.id}", moved).json()
            assert (changed["place"]["lat"], changed["name"]) == (31.0, "分店")
        for stranger in (cast.zhao, cast.sun):
            assert api(stranger).patch(f"{path}/{place.id}", moved).status_code == 404
            assert api(stranger).delete(f"{path}/{place.id}").status_code == 404
        assert [api(cast.li).delete(f"{path}/{place.id}").status_code for _ in range(2)] == [204, 204]
        assert not CustomerPlace.objects.exists()
        names = Event.objects.filter(name__startswith="customer.place").order_by("pk").values_list("name", flat=True)
        assert list(names) == ["customer.place_added", "customer.place_changed", "customer.place_removed"]

    def test_the_customer_is_near_wherever_it_has_a_place(self, api, cast, customer, place):
        near = {"lat": SHOP["lat"] + 1, "lng": SHOP["lng"], "crs": "wgs84", "radius_m": 500}

        items = api(cast.li).get("/customers/nearby", **near).json()["items"]
        assert [(item["id"], item["distance_m"]) for item in items] == [(customer["id"], 0.0)]
        assert api(cast.zhao).get("/customers/nearby", **near).json() == {"items": []}
        far = {**near, "lat": SHOP["lat"] + 2}
        assert api(cast.li).get("/customers/nearby", **far).json() == {"items": []}

    def test_a_check_in_at_any_of_them_is_there(self, api, cast):
        visit = new_visit(api(cast.li), place={**SHOP, "lat": SHOP["lat"] + 1})
        path = f"/customers/{visit['customer']['id']}/places"
        api(cast.li).post(path, {"name": "总部", "place": {**SHOP, "lat": SHOP["lat"] - 1}})
        api(cast.li).post(path, {"name": "分店", "place": SHOP})

        verdict = api(cast.li).post(f"/visits/{visit['id']}/check-in", check_in_body(metres=20)).json()

        assert (verdict["verdict"], verdict["reasons"]) == ("verified", [])
        assert verdict["distance_m"] == pytest.approx(20, abs=2)

    def test_an_old_fix_does_not_say_which_of_them(self, api, cast):
        """The phone hands out its last known position first, sharp and of another branch."""
        visit = new_visit(api(cast.li))
        path = f"/customers/{visit['customer']['id']}/places"
        api(cast.li).post(path, {"name": "总部", "place": {**SHOP, "lat": SHOP["lat"] + 0.05}})
        body = check_in_body(metres=20)
        old = sample(0.05 / METRE, at=clock.now() - timedelta(hours=1), accuracy_m=3.0)

        verdict = (
            api(cast.li).post(f"/visits/{visit['id']}/check-in", body | {"samples": [old, *body["samples"]]}).json()
        )

        assert (verdict["verdict"], verdict["distance_m"]) == ("verified", pytest.approx(20, abs=2))

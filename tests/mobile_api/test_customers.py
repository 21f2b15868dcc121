from uuid import uuid4

import pytest

from backend.core.errors import VersionConflict
from backend.customers.models import Contact, Customer
from backend.events.models import Event
from mobile_api.schemas.customers import ContactsOut, CustomerOut, CustomersOut, NearbyCustomersOut
from tests.support.client import BASE
from tests.support.contract import reads_as

pytestmark = pytest.mark.django_db
PLACE = {"lat": 31.24, "lng": 121.49, "crs": "wgs84"}


def body(**changes):
    told = {"id": str(uuid4()), "name": "联华超市", "phone": "021-68889999", "place": PLACE}
    return told | {"accept_duplicates": True} | changes


@pytest.fixture
def customer(api, cast):
    """Li Lei's."""
    return api(cast.li).post("/customers", body()).json()


@pytest.fixture
def pooled(api, cast, customer):
    return api(cast.li).post(f"/customers/{customer['id']}/release").json()


class TestCreating:
    def test_it_belongs_to_who_creates_it_and_is_numbered(self, api, cast):
        reply = api(cast.li).post("/customers", body())

        assert reply.status_code == 201, reply.content
        made = reads_as(CustomerOut, reply)
        assert (made.owner.id, made.department_id, made.version) == (cast.li.pk, cast.shanghai.pk, 1)
        assert made.code.startswith("C20")
        assert made.place.model_dump() == PLACE
        assert Event.objects.get(name="customer.created").data == {"code": made.code, "name": "联华超市"}

    def test_sent_twice_it_exists_once(self, api, cast):
        sent = body()
        first, again = api(cast.li).post("/customers", sent), api(cast.li).post("/customers", sent)

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert Customer.objects.count() == Event.objects.filter(name="customer.created").count() == 1

    def test_an_id_stands_for_one_content(self, api, cast):
        sent = body()
        api(cast.li).post("/customers", sent)

        for caller, content in ((cast.li, sent | {"name": "别的"}), (cast.zhao, sent), (cast.sun, sent)):
            reply = api(caller).post("/customers", content)
            assert (reply.status_code, reply.json()["code"]) == (409, "id_reused")
        assert Customer.objects.count() == 1

    def test_a_code_stands_for_one_customer_of_the_company(self, api, cast):
        api(cast.li).post("/customers", body(code="LH-1"))

        taken = api(cast.zhao).post("/customers", body(code="LH-1"))
        elsewhere = api(cast.sun).post("/customers", body(code="LH-1"))

        assert (taken.status_code, taken.json()["code"]) == (409, "code_taken")
        assert elsewhere.status_code == 201
        assert Customer.objects.count() == 2

    def test_a_number_taken_by_hand_is_passed_over(self, api, cast, customer):
        following = customer["code"][:-4] + "0002"
        api(cast.li).post("/customers", body(code=following))

        assert api(cast.li).post("/customers", body()).json()["code"] == customer["code"][:-4] + "0003"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": "\u3000 \t"},
            {"name": "x" * 129},
            {"status": "unknown"},
            {"phone": "call me"},
            {"place": {"lat": 91, "lng": 0, "crs": "wgs84"}},
            {"place": {"lat": 31.2, "lng": 121.5}},
            {"place": {"lat": True, "lng": 121.5, "crs": "wgs84"}},
            {"geofence_m": 0},
            {"geofence_m": True},
            {"code": "x" * 33},
            {"owner_id": str(uuid4())},
        ],
    )
    def test_bad_input_is_named_and_nothing_is_made(self, api, cast, wrong):
        reply = api(cast.li).post("/customers", body(**wrong))

        assert reply.status_code == 422
        assert reply.json()["errors"][0]["field"].startswith(next(iter(wrong)))
        assert not Customer.objects.exists()

    def test_finance_may_not(self, api, cast):
        assert api(cast.wang).post("/customers", body()).status_code == 403
        assert not Customer.objects.exists()


class TestReading:
    def test_who_sees_whose(self, api, cast, customer):
        for caller, status in ((cast.li, 200), (cast.han, 200), (cast.wang, 200), (cast.zhao, 404), (cast.sun, 404)):
            assert api(caller).get(f"/customers/{customer['id']}").status_code == status, caller.name
            listed = [item["id"] for item in api(caller).get("/customers").json()["items"]]
            assert listed == ([customer["id"]] if status == 200 else []), caller.name

    def test_the_list_keeps_the_contract(self, api, cast, customer):
        listed = reads_as(CustomersOut, api(cast.li).get("/customers"))

        assert listed.items == [CustomerOut.model_validate(customer)]

    def test_filters(self, api, cast, customer):
        api(cast.li).post("/customers", body(name="家乐福", status="active"))

        def names(**query):
            return [item["name"] for item in api(cast.li).get("/customers", **query).json()["items"]]

        assert names() == ["家乐福", "联华超市"]
        assert names(q="lhcs") == ["联华超市"]
        assert names(status="active") == ["家乐福"]
        assert names(in_pool="true") == []
        assert names(sort="name") == ["家乐福", "联华超市"]
        assert names(owner=str(cast.li.pk), department=str(cast.east.pk), status="prospect") == ["联华超市"]
        assert names(owner=str(cast.zhao.pk)) == names(department=str(cast.north.pk)) == []
        assert names(south=31.2, west=121.4, north=31.3, east=121.5) == ["家乐福", "联华超市"]
        assert names(south=31.3, west=121.4, north=31.4, east=121.5) == []
        assert api(cast.li).get("/customers", status="unknown").status_code == 422

    @pytest.mark.parametrize(
        "bounds", [{"south": 31}, {"south": 32, "north": 31, "west": 121, "east": 122}, {"west": 9, "east": 8}]
    )
    def test_bounds_go_together(self, api, cast, bounds):
        reply = api(cast.li).get("/customers", **bounds)

        assert (reply.status_code, reply.json()["code"]) == (422, "bad_bounds")

    def test_what_it_is_like_finds_it(self, api, cast, customer):
        told = {"version": 1, "type": "零售", "level": "A", "tags": ["重点", "冷链", "重点"]}
        changed = api(cast.li).patch(f"/customers/{customer['id']}", told).json()
        api(cast.li).post("/customers", body(name="家乐福", type="批发"))

        assert (changed["type"], changed["tags"]) == ("零售", ["冷链", "重点"])
        for query in ({"type": "零售"}, {"tag": "重点"}, {"level": "A"}, {"type": "零售", "tag": "冷链", "q": "lh"}):
            found = api(cast.li).get("/customers", **query).json()["items"]
            assert [item["id"] for item in found] == [customer["id"]], query
        assert api(cast.li).get("/customers", tag="重").json()["items"] == []

    def test_a_contact_leads_to_the_customer(self, api, cast, customer):
        contact = {"name": "王经理", "phone": "138-0000 0000"}
        api(cast.li).post(f"/customers/{customer['id']}/contacts", contact)

        for q in ("王经", "wangj", "wjl", "13800000000"):
            assert [item["id"] for item in api(cast.li).get("/customers", q=q).json()["items"]] == [customer["id"]], q
        assert api(cast.zhao).get("/customers", q="王经").json()["items"] == []

    def test_pages_hold_everything_once(self, api, cast):
        made = [api(cast.li).post("/customers", body()).json()["id"] for _ in range(5)]
        for sort, expected in (("-created_at", made[::-1]), ("name", sorted(made))):
            seen, cursor = [], None
            while True:
                page = api(cast.li).get("/customers", limit=2, sort=sort, cursor=cursor).json()
                seen += [item["id"] for item in page["items"]]
                if not (cursor := page["next_cursor"]):
                    break
            assert seen == expected, sort
        wrong = api(cast.li).get("/customers", sort="name", cursor="bm9uc2Vuc2U")
        assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_cursor")

    def test_the_phone_is_told_when_nothing_is_new(self, api, cast, customer):
        caller, path = api(cast.li), f"/customers/{customer['id']}"
        tag = caller.get(path).headers["ETag"]
        known = {**caller.headers, "If-None-Match": tag}

        assert caller.client.get(BASE + path, headers=known).status_code == 304
        caller.patch(path, {"version": 1, "level": "A"})
        assert caller.client.get(BASE + path, headers=known).status_code == 200
        tag = caller.get(path).headers["ETag"]
        cast.li.name = "李磊"
        cast.li.save(update_fields=["name"])
        assert caller.client.get(BASE + path, headers=known | {"If-None-Match": tag}).status_code == 200

    def test_costs_the_same_for_one_and_for_fifty(self, api, cast, django_assert_max_num_queries):
        api(cast.li).get("/customers")  # the token is verified once
        for n in (1, 49):
            for _ in range(n):
                api(cast.li).post("/customers", body())
            with django_assert_max_num_queries(3):
                assert api(cast.li).get("/customers", limit=50).status_code == 200
            with django_assert_max_num_queries(5):  # a page that is not full asks twice more
                assert api(cast.li).get("/customers", limit=50, q="联华").status_code == 200
            with django_assert_max_num_queries(3):
                assert api(cast.li).get("/customers/nearby", **PLACE).status_code == 200

    def test_nearby(self, api, cast, customer):
        reply = api(cast.han).get("/customers/nearby", lat=31.241, lng=121.49, crs="wgs84", radius_m=200)

        found = reads_as(NearbyCustomersOut, reply)
        assert [(item.name, item.distance_m) for item in found.items] == [("联华超市", pytest.approx(111.2, abs=0.1))]
        assert api(cast.zhao).get("/customers/nearby", **PLACE).json() == {"items": []}
        for wrong in ({"lat": "nan"}, {"lat": "inf"}, {"crs": "bd09"}, {"radius_m": 0}, {"radius_m": 1e9}):
            assert api(cast.li).get("/customers/nearby", **(PLACE | wrong)).status_code == 422, wrong


class TestChanging:
    def test_exactly_the_given_fields_change(self, api, cast, customer):
        reply = api(cast.li).patch(f"/customers/{customer['id']}", {"version": 1, "name": "世纪联华", "place": None})

        assert reply.status_code == 200, reply.content
        kept = customer | {"version": 2, "name": "世纪联华", "place": None}
        assert reply.json() | {"updated_at": None} == kept | {"updated_at": None}
        assert Event.objects.get(name="customer.changed").data == {
            "before": {"lat": 31.24, "lng": 121.49, "name": "联华超市"},
            "after": {"lat": None, "lng": None, "name": "世纪联华"},
        }
        assert api(cast.li).get("/customers", q="sjlh").json()["items"] != []

    def test_an_old_version_is_refused_with_the_present_one(self, api, cast, customer):
        path = f"/customers/{customer['id']}"
        api(cast.li).patch(path, {"version": 1, "level": "A"})

        reply = api(cast.han).patch(path, {"version": 1, "level": "B"})

        assert (reply.status_code, reply.json()["code"]) == (409, VersionConflict.code)
        assert reply.json()["current_version"] == 2
        assert Customer.objects.get().level == "A"

    def test_null_is_not_absent(self, api, cast, customer):
        assert api(cast.li).patch(f"/customers/{customer['id']}", {"version": 1, "name": None}).status_code == 422

    def test_a_taken_code_is_refused(self, api, cast, customer):
        api(cast.zhao).post("/customers", body(code="TAKEN"))

        reply = api(cast.li).patch(f"/customers/{customer['id']}", {"version": 1, "code": "TAKEN"})

        assert (reply.status_code, reply.json()["code"]) == (409, "code_taken")
        assert Customer.objects.get(pk=customer["id"]).version == 1

    def test_strangers_find_nothing_and_the_pool_is_claimed_first(self, api, cast, customer):
        path, change = f"/customers/{customer['id']}", {"version": 1, "name": "x"}
        for stranger in (cast.zhao, cast.sun):
            assert api(stranger).patch(path, change).status_code == 404
            assert api(stranger).delete(path).status_code == 404
            assert api(stranger).post(f"{path}/release").status_code == 404

        api(cast.li).post(f"{path}/release")
        reply = api(cast.zhao).patch(path, change | {"version": 2})
        assert (reply.status_code, reply.json()["code"]) == (403, "not_in_charge")
        assert api(cast.zhao).delete(path).status_code == 403
        assert Customer.objects.get().name == "联华超市"


class TestRecycling:
    def test_twice_is_once(self, api, cast, customer):
        path = f"/customers/{customer['id']}"

        assert [api(cast.li).delete(path).status_code for _ in range(2)] == [204, 204]
        assert api(cast.li).get(path).status_code == 404
        assert api(cast.li).get("/customers").json()["items"] == []
        assert Event.objects.filter(name="customer.recycled").count() == 1
        assert api(cast.zhao).delete(path).status_code == 404


class TestPool:
    def test_released_it_is_seen_by_the_company_and_by_no_other(self, api, cast, pooled):
        assert pooled["owner"] is None
        for caller, status in ((cast.zhao, 200), (cast.sun, 404)):
            assert api(caller).get(f"/customers/{pooled['id']}").status_code == status
        assert [item["id"] for item in api(cast.zhao).get("/customers", in_pool="true").json()["items"]] == [
            pooled["id"]
        ]

    def test_claimed_it_is_the_claimers(self, api, cast, pooled):
        path = f"/customers/{pooled['id']}"
        first, again = (api(cast.zhao).post(f"{path}/claim") for _ in range(2))

        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()
        assert first.json()["owner"]["name"] == "赵强"
        assert first.json()["department_id"] == str(cast.north.pk)
        assert api(cast.li).get(path).status_code == 404
        assert Event.objects.filter(name="customer.claimed").count() == 1

    def test_too_late_is_a_conflict(self, api, cast, pooled):
        path = f"/customers/{pooled['id']}/claim"
        api(cast.zhao).post(path)

        reply = api(cast.li).post(path)

        assert (reply.status_code, reply.json()["code"]) == (409, "already_claimed")
        assert Customer.objects.get().owner == cast.zhao
        assert api(cast.sun).post(path).status_code == 404

    def test_what_was_never_in_the_pool_stays_hidden(self, api, cast, customer):
        reply = api(cast.zhao).post(f"/customers/{customer['id']}/claim")

        assert reply.status_code == 404
        seen = api(cast.han).post(f"/customers/{customer['id']}/claim")
        assert (seen.status_code, seen.json()["code"]) == (409, "already_claimed")
        assert Customer.objects.get().owner == cast.li

    def test_releasing_twice_is_once(self, api, cast, pooled):
        assert api(cast.zhao).post(f"/customers/{pooled['id']}/release").json() == pooled
        assert Event.objects.filter(name="customer.released").count() == 1


class TestContacts:
    def test_they_are_seen_by_who_sees_the_customer(self, api, cast, customer):
        path = f"/customers/{customer['id']}/contacts"
        sent = {"id": str(uuid4()), "name": "王经理", "position": "采购", "phone": "13800000000", "email": "w@lh.cn"}
        first, again = api(cast.li).post(path, sent), api(cast.li).post(path, sent)

        assert (first.status_code, again.status_code) == (201, 200)
        listed = reads_as(ContactsOut, api(cast.han).get(path))
        assert [(item.name, item.email) for item in listed.items] == [("王经理", "w@lh.cn")]
        for stranger in (cast.zhao, cast.sun):
            assert api(stranger).get(path).status_code == 404
            assert api(stranger).post(path, sent).status_code == 404
        assert Contact.objects.count() == Event.objects.filter(name="customer.contact_added").count() == 1

    def test_an_id_stands_for_one_contact(self, api, cast, customer):
        sent = {"id": str(uuid4()), "name": "王经理"}
        api(cast.li).post(f"/customers/{customer['id']}/contacts", sent)
        other = api(cast.li).post("/customers", body()).json()["id"]

        for path, content in ((customer["id"], sent | {"name": "李经理"}), (other, sent)):
            reply = api(cast.li).post(f"/customers/{path}/contacts", content)
            assert (reply.status_code, reply.json()["code"]) == (409, "id_reused")
        assert Contact.objects.count() == 1

    def test_a_broken_address_is_refused(self, api, cast, customer):
        reply = api(cast.li).post(f"/customers/{customer['id']}/contacts", {"name": "x", "email": "nobody"})

        assert reply.status_code == 422

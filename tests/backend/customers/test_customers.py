from datetime import UTC, datetime

import pytest

from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.core.geo import distance_m, wgs84_to_gcj02
from backend.customers import services
from backend.customers.models import Customer
from backend.customers.selectors.listing import Wanted, page_of_customers
from backend.customers.selectors.maps import nearby
from backend.events.models import Event

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
BUND = (31.2400, 121.4900)


def put(cast, code="ALFKI", name="联华超市", **fields):
    return services.put_customer(actor=Actor.system(cast.company.pk), code=code, name=name, at=AT, **fields)


class TestImporting:
    def test_a_new_code_makes_a_customer_in_the_pool(self, cast):
        customer = put(cast, level="A", place={"lat": 31.0, "lng": 121.0, "crs": "wgs84"})

        assert (customer.name, customer.level, customer.place, customer.owner) == ("联华超市", "A", (31.0, 121.0), None)
        assert customer.department.code == "root"

    def test_twice_is_once(self, cast):
        first, again = put(cast, owner_id=cast.li.pk), put(cast, owner_id=cast.li.pk)

        assert (again.pk, again.version) == (first.pk, 1)
        assert Event.objects.filter(name__startswith="customer.").count() == 1

    def test_what_the_source_does_not_say_stays(self, cast):
        put(cast, phone="021-1", level="A", owner_id=cast.li.pk, place={"lat": 31.0, "lng": 121.0, "crs": "wgs84"})

        customer = put(cast, name="联华超市二店", level="B")

        assert (customer.phone, customer.level, customer.owner_id) == ("021-1", "B", cast.li.pk)
        assert customer.place == (31.0, 121.0)
        assert [row.pk for row in page_of_customers(actor=cast.actor(cast.li), wanted=Wanted(q="二店"), limit=9)] == [
            customer.pk
        ]

    def test_a_change_is_recorded_with_before_and_after(self, cast):
        put(cast)
        put(cast, name="世纪联华")

        assert Event.objects.get(name="customer.changed").data == {
            "before": {"name": "联华超市"},
            "after": {"name": "世纪联华"},
        }

    def test_a_new_owner_brings_his_department(self, cast):
        put(cast, owner_id=cast.li.pk)

        customer = put(cast, owner_id=cast.zhao.pk)

        assert (customer.owner_id, customer.department_id) == (cast.zhao.pk, cast.north.pk)

    def test_an_owner_of_another_company_is_not_found(self, cast):
        with pytest.raises(NotFound):
            put(cast, owner_id=cast.sun.pk)
        assert not Customer.objects.exists()

    def test_two_companies_may_use_one_code(self, cast):
        put(cast)
        services.put_customer(actor=Actor.system(cast.acme.pk), code="ALFKI", name="Alfreds", at=AT)

        assert Customer.objects.filter(code="ALFKI").count() == 2

    def test_a_rep_may_not_import(self, cast):
        with pytest.raises(Forbidden):
            services.put_customer(actor=cast.actor(cast.li), code="X", name="X", at=AT)


class TestSearching:
    @pytest.fixture
    def found(self, cast):
        put(cast, "ALFKI", "Alfreds Futterkiste", phone="030-0074321")
        put(cast, "LH01", "上海联华超市有限公司", phone="021-6888 9999")
        put(cast, "WLC", "乌龙茶行")
        put(cast, "SPLIT", "龙华 华联 超越 越市")  # has every bigram of 联华超市 but one, and all of its characters

        def search(q):
            return sorted(row.code for row in page_of_customers(actor=cast.actor(cast.li), wanted=Wanted(q=q), limit=9))

        return search

    @pytest.mark.parametrize(
        ("q", "codes"),
        [
            ("联华", ["LH01"]),
            ("联华超市", ["LH01"]),
            ("华联", ["SPLIT"]),
            ("茶", ["WLC"]),
            ("wulong", ["WLC"]),
            ("WULONGCHA", ["WLC"]),
            ("wlc", ["WLC"]),
            ("shlh", ["LH01"]),
            ("lh01", ["LH01"]),
            ("68889999", ["LH01"]),
            ("021-6888", ["LH01"]),
            ("alfreds fu", ["ALFKI"]),
            ("ａｌｆｒｅｄｓ", ["ALFKI"]),
            ("af", ["ALFKI"]),
            ("%", []),
            ("_", []),
            ("不存在", []),
            ("  ", ["ALFKI", "LH01", "SPLIT", "WLC"]),
        ],
    )
    def test_finds(self, found, q, codes):
        assert found(q) == codes


class TestNearby:
    def test_nearest_first_and_none_beyond_the_radius(self, cast):
        for code, north_m in (("far", 2900), ("near", 100), ("beyond", 3100), ("middle", 1500)):
            put(cast, code, code, place={"lat": BUND[0] + north_m / 111_195, "lng": BUND[1], "crs": "wgs84"})
        put(cast, "nowhere", "nowhere")

        found = nearby(actor=cast.actor(cast.li), lat=BUND[0], lng=BUND[1], crs="wgs84", radius_m=3000)

        assert [customer.code for customer, _ in found] == ["near", "middle", "far"]
        for customer, metres in found:
            assert metres == pytest.approx(distance_m(*BUND, *customer.place), abs=0.01)

    def test_both_coordinate_systems_mean_one_place(self, cast):
        gcj = wgs84_to_gcj02(*BUND)
        customer = put(cast, place={"lat": gcj[0], "lng": gcj[1], "crs": "gcj02"})
        assert distance_m(*customer.place, *BUND) < 0.01

        for crs, (lat, lng) in {"wgs84": BUND, "gcj02": gcj}.items():
            found = nearby(actor=cast.actor(cast.li), lat=lat, lng=lng, crs=crs, radius_m=5)
            assert [row for row, _ in found] == [customer], crs

    def test_hidden_customers_are_not_near(self, cast):
        put(cast, owner_id=cast.zhao.pk, place={"lat": BUND[0], "lng": BUND[1], "crs": "wgs84"})

        def near(employee):
            return len(nearby(actor=cast.actor(employee), lat=BUND[0], lng=BUND[1], crs="wgs84", radius_m=100))

        assert (near(cast.zhao), near(cast.li), near(cast.sun)) == (1, 0, 0)

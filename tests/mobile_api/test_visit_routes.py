"""The way of a day as data, for maps and as a picture: one content, one rule of who sees it how exactly."""

import time
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from backend.core import clock
from backend.core.geo import distance_m, gcj02_to_wgs84
from backend.customers.models import Customer
from backend.visits import route_picture
from backend.visits.models import Visit, VisitPolicy
from backend.visits.rules import Coarse
from backend.visits.services.day_routes import DayRoute, Stop
from tests.support.contract import keep_to_it
from tests.support.visit_plans import plan, shop_of
from tests.support.visits import METRE, SHOP, check_in, check_in_body, recorded, refused

pytestmark = pytest.mark.django_db
FORMS = ("", ".geojson", ".png")
DAY = "2026-12-01"
NINE = datetime(2026, 12, 1, 1, tzinfo=UTC)


def drove(caller, *metres, moved_to=NINE):
    """Visits an hour apart to customers so many metres north of the shop, the first at nine in Shanghai."""
    made = []
    for number, metre in enumerate(metres):
        visit = caller.post("/visits", {"customer_id": shop_of(caller, metre)}).json()
        place = SHOP["lat"] + metre * METRE
        assert check_in(caller, visit, check_in_body(0, lat=place)).status_code == 200
        assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
        came = moved_to + timedelta(hours=number)
        times = {"started_at": came, "checked_in_at": came, "checked_out_at": came + timedelta(minutes=25)}
        Visit.objects.filter(pk=visit["id"]).update(**times)
        made.append(visit["id"])
    return made


def route(caller, form="", **query):
    given = {"on": DAY} | {name: str(value) for name, value in query.items()}
    return caller.get(f"/visits/route{form}", **given)


class TestOnesOwnDay:
    def test_stops_in_order_what_was_left_out_and_nothing_of_other_days(self, api, cast):
        li = api(cast.li)
        visits = drove(li, 0, 5000, 2000)
        drove(li, 0, moved_to=NINE - timedelta(hours=9, minutes=1))  # the minute before the day begins in Shanghai
        left, done, cancelled = (plan(li, shop_of(li, 9000), purpose=str(n)) for n in range(3))
        li.post(f"/visit-plans/{cancelled['id']}/cancel", {})
        begun = li.post("/visits", {"plan_id": done["id"]}).json()
        assert check_in(li, begun, check_in_body()).status_code == 200

        found = route(li).json()

        assert [(stop["number"], stop["visit_id"]) for stop in found["stops"]] == list(enumerate(visits, start=1))
        assert [round(stop["metres"]) for stop in found["stops"]] == [0, 5000, 3000]
        assert (round(found["metres"]), found["exact"], found["owner"]["name"]) == (8000, True, "李雷")
        assert {stop["minutes"] for stop in found["stops"]} == {25}
        assert [one["plan_id"] for one in found["planned"]] == [left["id"]]
        assert recorded("visit.positions_read") == 0

    def test_a_day_sent_in_the_wrong_order_is_shown_in_the_one_in_which_he_went(self, api, cast):
        li = api(cast.li)
        first, second, third = drove(li, 0, 1000, 2000)
        sent = {"started_at": NINE + timedelta(hours=9), "checked_in_at": NINE + timedelta(hours=9)}
        Visit.objects.filter(pk=second).update(**sent, kept_back_s=8 * 3600 + 120)
        Visit.objects.filter(pk=first).update(**sent, kept_back_s=9 * 3600)

        found = route(li).json()

        assert [stop["visit_id"] for stop in found["stops"]] == [first, second, third]
        assert round(found["metres"]) == 2000

    def test_chinese_maps_get_their_own_coordinates(self, api, cast):
        drove(api(cast.li), 0)
        (stop,) = route(api(cast.li), crs="gcj02").json()["stops"]

        assert distance_m(stop["lat"], stop["lng"], SHOP["lat"], SHOP["lng"]) > 100
        assert distance_m(*gcj02_to_wgs84(stop["lat"], stop["lng"]), SHOP["lat"], SHOP["lng"]) < 3

    def test_geojson_keeps_to_rfc_7946(self, api, cast):
        li = api(cast.li)
        drove(li, 0, 5000)
        nowhere = li.post("/customers", {"name": "无坐标", "place": None}).json()["id"]
        plan(li, nowhere)

        reply = route(li, ".geojson")
        way, first, _, unplaced = reply.json()["features"]

        assert reply.headers["Content-Type"] == "application/geo+json"
        assert (way["geometry"]["type"], len(way["geometry"]["coordinates"])) == ("LineString", 2)
        lng, lat = first["geometry"]["coordinates"]
        assert distance_m(lat, lng, SHOP["lat"], SHOP["lng"]) < 3
        assert (unplaced["geometry"], unplaced["properties"]["kind"]) == (None, "plan")
        assert "crs" not in reply.json()
        assert route(li, ".geojson", crs="gcj02").json() == reply.json()

    def test_an_empty_day(self, api, cast):
        for exact in (False, True):
            assert route(api(cast.li), exact=exact).json()["stops"] == []
        assert route(api(cast.li), ".geojson").json()["features"] == []
        assert size_of(route(api(cast.li), ".png")) == (720, 960)


class TestSomebodyElses:
    def test_cells_unless_the_exact_ones_are_asked_for_which_is_recorded(self, api, cast):
        drove(api(cast.li), 0, 5000)
        han = api(cast.han)

        found = route(han, owner=cast.li.pk).json()
        assert [(stop["lat"], stop["lng"], stop["exact"]) for stop in found["stops"]] == [
            (31.23, 121.47, False),
            (31.28, 121.47, False),
        ]
        for form in FORMS[:2]:
            assert str(SHOP["lng"]) not in route(han, form, owner=cast.li.pk).content.decode()
        assert recorded("visit.positions_read") == 0

        for looks, form in enumerate(FORMS, start=1):
            assert route(han, form, owner=cast.li.pk, exact=True).status_code == 200
            assert recorded("visit.positions_read") == 2 * looks
        first = route(han, owner=cast.li.pk, exact=True).json()["stops"][0]
        assert first["lat"] == pytest.approx(SHOP["lat"], abs=1e-4)

    def test_who_needs_no_positions_gets_none_in_any_form(self, api, cast):
        drove(api(cast.li), 0)
        for form in FORMS:
            assert route(api(cast.wang), form, owner=cast.li.pk).status_code == 200
            assert refused(route(api(cast.wang), form, owner=cast.li.pk, exact=True), 403, "forbidden")
        assert recorded("visit.positions_read") == 0

    def test_a_visit_that_was_only_shown_to_him_stays_a_cell(self, api, cast):
        (visit,) = drove(api(cast.li), 0)
        cast.zhao.role_assignments.update(role_id=cast.han.role_assignments.get().role_id)
        api(cast.li).post(f"/visits/{visit}/companions", {"employee_ids": [str(cast.zhao.pk)]})

        assert len(route(api(cast.zhao), owner=cast.li.pk).json()["stops"]) == 1
        assert refused(route(api(cast.zhao), owner=cast.li.pk, exact=True), 403, "not_your_team")

    def test_no_place_of_a_customer_that_the_reader_does_not_see(self, api, cast):
        li, han = api(cast.li), api(cast.han)
        planned = plan(li, shop_of(li, 9000, name="看得见"))
        gone = Customer.objects.get(pk=plan(li, shop_of(li, 7000))["customer"]["id"])
        gone.change(name="看不见", owner=cast.zhao, department=cast.north)
        for reader in (li, han):
            found = route(reader, owner=cast.li.pk).json()["planned"]
            assert {one["customer"]["name"]: one["lat"] is None for one in found} == {"看得见": False, "看不见": True}
            features = route(reader, ".geojson", owner=cast.li.pk).json()["features"]
            assert sorted(one["geometry"] is None for one in features) == [False, True]
            suggested = reader.get("/visit-plans/route", day=DAY, owner=str(cast.li.pk)).json()
            assert [leg["plan"]["id"] for leg in suggested["legs"]] == [planned["id"]]
            assert [one["customer"]["name"] for one in suggested["without_place"]] == ["看不见"]
        before = route(han, ".png", owner=cast.li.pk).headers["ETag"]
        gone.change(lat=22.5)
        assert route(han, ".png", owner=cast.li.pk).headers["ETag"] == before

    def test_strangers_see_nobody(self, api, cast):
        drove(api(cast.li), 0)
        for form in FORMS:
            for stranger in (cast.zhao, cast.sun):
                assert refused(route(api(stranger), form, owner=cast.li.pk), 404, "not_found")

    def test_after_their_time_nobody_gets_exact_ones(self, api, cast):
        visits = drove(api(cast.li), 0)
        company = {"company": cast.company, "version": 0, "updated_at": clock.now(), "coarse_until": NINE}
        VisitPolicy.objects.create(**company)
        assert route(api(cast.li)).json()["exact"] is False
        assert len(visits) == 1


def size_of(reply):
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "image/png"), reply.content[:200]
    return Image.open(BytesIO(reply.content)).size


class TestPicture:
    def test_it_is_drawn_as_large_as_wanted_and_only_once(self, api, cast):
        li = api(cast.li)
        visits = drove(li, 0, 5000, 2000)
        reply = route(li, ".png", width=400, height=600)
        assert size_of(reply) == (400, 600)
        assert len(reply.content) < 100_000

        def again(**headers):
            query = {"on": DAY, "width": "400", "height": "600"}
            answer = li.client.get("/api/v1/visits/route.png", query, headers=li.headers | headers)
            keep_to_it(answer)
            return answer

        held = {"If-None-Match": reply.headers["ETag"]}
        assert again(**held).status_code == 304
        english = again(**held, **{"Accept-Language": "en"})
        assert (english.status_code, english.content == reply.content) == (200, False)
        Visit.objects.get(pk=visits[0]).change(decision="accepted")
        assert again(**held).status_code == 200
        for query in ({"width": "319"}, {"height": "1281"}, {"width": "1e3"}):
            assert route(li, ".png", **query).status_code == 422

    def test_what_is_far_apart_at_one_spot_or_very_much_is_drawn_too(self, api, cast):
        li = api(cast.li)
        (one,) = drove(li, 0)
        seen = Visit.objects.get(pk=one)
        for number, (lat, lng) in enumerate([(89.9, 179.9), (-89.9, -179.9)] + [(31.2, 121.4)] * 40):
            seen.pk, seen.plan_id = None, None
            seen.lat, seen.lng, seen.started_at = lat, lng, NINE + timedelta(minutes=number)
            seen._state.adding = True
            Visit.objects.bulk_create([Visit(**kept(seen))])
        assert size_of(route(li, ".png", width=320, height=320)) == (320, 320)
        assert size_of(route(li, ".png", width=1280, height=320)) == (1280, 320)

    def test_long_names_cost_little(self, api, cast):
        """Each was once cut letter by letter: then as many measurements as letters."""
        li = api(cast.li)
        (one,) = drove(li, 0)
        seen = Visit.objects.select_related("customer").get(pk=one)
        seen.customer.name = "某某商贸有限公司分店" * 12
        stops = [Stop(n, seen, Coarse(31 + n / 1000, 121 + n % 7 / 100, 10.0), True, 100.0) for n in range(1, 201)]
        day = DayRoute(seen.owner, date(2026, 12, 1), ZoneInfo(cast.company.timezone), stops, [])
        route_picture.draw(day, width=1280, height=1280)
        began = time.process_time()
        route_picture.draw(day, width=1280, height=1280)
        assert time.process_time() - began < 0.5


def kept(visit):
    return {f.attname: getattr(visit, f.attname) for f in Visit._meta.concrete_fields if f.name != "id"}


def test_as_many_queries_for_one_stop_as_for_twelve(api, cast, django_assert_max_num_queries):
    drove(api(cast.li), *range(0, 1200, 100))
    han = api(cast.han)
    han.get("/me")
    with django_assert_max_num_queries(10):
        assert len(route(han, owner=cast.li.pk, exact=True).json()["stops"]) == 12

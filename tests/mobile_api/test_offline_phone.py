"""Phones that were long without a network, that are two, and that know less than has happened meanwhile."""

import random
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from backend.core import clock
from backend.visits.models import CheckInSample, Visit, VisitPolicy
from backend.visits.services import nights
from tests.support.visits import METRE, SHOP, check_in, check_in_body, checked_in, new_visit, recorded, refused, sample

pytestmark = pytest.mark.django_db
HOURS_APART, KM_APART, MINUTES = 2, 30, 25


def codes(visit):
    return [reason["code"] for reason in visit["reasons"]]


def kept_back(body, by: timedelta, *, clock_is_behind: timedelta = timedelta(0)):
    """As the phone that could not send it tells it so much later."""
    tapped = clock.now() - by - clock_is_behind
    samples = [item | {"fixed_at": (tapped - timedelta(seconds=2)).isoformat()} for item in body["samples"]]
    return body | {"samples": samples, "captured_at": tapped.isoformat(), "sent_at": (tapped + by).isoformat()}


class Day:
    """What one visit without a network leaves in the phone, in the order in which it was made."""

    def __init__(self, number: int, tapped: datetime) -> None:
        self.visit, self.customer, self.tapped = str(uuid4()), str(uuid4()), tapped
        north = number * KM_APART * 1000
        place = {**SHOP, "lat": SHOP["lat"] + north * METRE}
        there = {"samples": [sample(north + wander, at=tapped) for wander in (0, 1, 2)], "device_id": "phone-1"}
        left = tapped + timedelta(minutes=MINUTES)
        self.requests = [
            ("/customers", {"id": self.customer, "name": f"第{number}家超市", "place": place}),
            ("/visits", {"id": self.visit, "customer_id": self.customer}),
            (f"/visits/{self.visit}/check-in", there | {"captured_at": tapped.isoformat()}),
            (f"/visits/{self.visit}/summary", {"summary": f"第{number}次拜访"}),
            (f"/visits/{self.visit}/check-out", {"samples": [sample(north, at=left)], "captured_at": left.isoformat()}),
        ]


@pytest.mark.parametrize("order", [None, 1, 2])
def test_three_days_without_a_network_arrive_whole_in_any_order(api, cast, order):
    """Each request is sent until it is taken, and once more, as after a lost reply."""
    phone, began = api(cast.li), clock.now() - timedelta(days=3)
    days = [Day(number, began + timedelta(hours=number * HOURS_APART)) for number in range(4)]
    waiting = [request for day in days for request in day.requests]
    if order is None:
        waiting.reverse()
    else:
        random.Random(order).shuffle(waiting)

    rounds = 0
    while waiting:
        rounds += 1
        assert rounds <= 5 * len(days), waiting
        later = []
        for path, told in waiting:
            body = told | {"sent_at": clock.now().isoformat()} if "captured_at" in told else told
            if (reply := phone.post(path, body)).status_code in {404, 409}:
                later.append((path, told))
                continue
            again = phone.post(path, body | {"sent_at": clock.now().isoformat()} if "captured_at" in told else body)
            assert (reply.status_code, again.status_code) in {(200, 200), (201, 200)}, (reply.content, again.content)
        waiting = later

    for number, day in enumerate(days):
        screen, visit = phone.get(f"/visits/{day.visit}").json(), Visit.objects.get(pk=day.visit)
        assert (screen["status"], screen["closed_by"], screen["summary"]) == ("completed", "owner", f"第{number}次拜访")
        assert (screen["verdict"], codes(screen)) == ("unverifiable", ["sent_late"])
        assert screen["customer"]["id"] == day.customer
        assert visit.minutes in {MINUTES - 1, MINUTES}  # the ways of both requests took their milliseconds
        evidence = screen["evidence"]
        assert evidence["skew_s"] == pytest.approx(0, abs=30)
        assert evidence["kept_back_s"] == pytest.approx(3 * 86_400 - number * HOURS_APART * 3600, abs=60)
    assert recorded("visit.checked_in") == recorded("visit.checked_out") == len(days)
    assert CheckInSample.objects.count() == 4 * len(days)


def test_what_travels_too_fast_is_found_though_it_was_sent_late(api, cast):
    phone, far = api(cast.li), {**SHOP, "lat": SHOP["lat"] + 300_000 * METRE}
    first, second = new_visit(phone), new_visit(phone, name="远方超市", place=far)
    check_in(phone, first, kept_back(check_in_body(), timedelta(hours=9)))
    phone.post(f"/visits/{first['id']}/check-out", {})

    there = check_in(phone, second, kept_back(check_in_body(300_000), timedelta(hours=8, minutes=30))).json()

    assert codes(there) == ["impossible_speed", "sent_late"]


class TestOneCheckIn:
    @pytest.mark.parametrize(
        ("late", "behind", "found"),
        [
            (timedelta(minutes=14), timedelta(0), []),
            (timedelta(minutes=16), timedelta(0), ["sent_late"]),
            (timedelta(minutes=1), timedelta(hours=2), ["clock_skew"]),
            (timedelta(hours=5), timedelta(hours=2), ["clock_skew", "sent_late"]),
            (timedelta(hours=-1), timedelta(hours=1), []),  # its clock was put back: not known to be late
        ],
    )
    def test_a_dead_network_is_told_from_a_clock_that_is_off(self, api, cast, late, behind, found):
        phone = api(cast.li)

        reply = check_in(phone, new_visit(phone), kept_back(check_in_body(), late, clock_is_behind=behind))

        assert codes(reply.json()) == found

    def test_a_company_says_how_late_is_late(self, api, cast):
        policy = {"version": 0, "limits": {"late_s": 7200}, "positions_kept_days": 180, "closes_after_h": 4}
        assert api(cast.qian).put("/visit-policy", policy).status_code == 200
        phone = api(cast.li)

        reply = check_in(phone, new_visit(phone), kept_back(check_in_body(), timedelta(hours=1)))

        assert reply.json()["verdict"] == "verified"


class TestCheckOut:
    def night(self, visit, **ago):
        """It was opened so long ago, and a night has passed since."""
        opened = clock.now() - timedelta(**ago)
        Visit.objects.filter(pk=visit["id"]).update(checked_in_at=opened, started_at=opened)
        assert nights.close_forgotten(at=clock.now() - timedelta(days=1)) == 1

    def leave(self, phone, visit, **ago):
        tapped, sent = clock.now() - timedelta(**ago), clock.now()
        there = [sample(at=tapped)]
        told = {"samples": there, "captured_at": tapped.isoformat(), "sent_at": sent.isoformat()}
        return phone.post(f"/visits/{visit['id']}/check-out", told)

    def test_takes_the_place_of_the_night_that_came_before_it_arrived(self, api, cast):
        phone = api(cast.li)
        visit = checked_in(phone)
        self.night(visit, days=3)

        left, again = (self.leave(phone, visit, days=2, hours=23) for _ in range(2))

        assert (left.json()["closed_by"], again.json()["version"]) == ("owner", left.json()["version"])
        assert Visit.objects.get().minutes in {59, 60}
        assert CheckInSample.objects.filter(stage="check_out").count() == recorded("visit.checked_out") == 1

    def test_changes_nothing_where_he_remembered_it_after_that_night(self, api, cast):
        phone = api(cast.li)
        visit = checked_in(phone)
        self.night(visit, days=3)

        left = self.leave(phone, visit, hours=1)

        assert (left.status_code, left.json()["closed_by"]) == (200, "system")
        assert Visit.objects.get().minutes is None
        assert recorded("visit.checked_out") == 0

    def test_nor_where_it_comes_much_too_late(self, api, cast):
        phone = api(cast.li)
        visit = checked_in(phone)
        self.night(visit, days=9)
        Visit.objects.update(checked_out_at=clock.now() - timedelta(hours=73))

        assert self.leave(phone, visit, days=8).json()["closed_by"] == "system"
        assert recorded("visit.checked_out") == 0

    def test_keeps_no_exact_position_of_a_visit_made_coarse_meanwhile(self, api, cast):
        phone = api(cast.li)
        visit = checked_in(phone)
        self.night(visit, days=3)
        VisitPolicy.objects.create(company=cast.company, positions_kept_days=1, updated_at=clock.now())
        nights.coarsen_positions(at=clock.now())

        assert self.leave(phone, visit, days=2, hours=23).json()["closed_by"] == "owner"
        assert not CheckInSample.objects.filter(stage="check_out").exists()

    def test_before_check_in_waits_for_it(self, api, cast):
        phone = api(cast.li)
        visit = new_visit(phone)

        assert refused(self.leave(phone, visit, minutes=5), 409, "visit_not_open")
        assert check_in(phone, visit, check_in_body()).status_code == 200
        assert self.leave(phone, visit, minutes=0).json()["status"] == "completed"


def test_two_phones_of_one_person_see_one_open_visit(api, cast):
    one, other = api(cast.li), api(cast.li)
    open_visit, next_visit = checked_in(one), new_visit(other, name="世纪超市")

    barred = check_in(other, next_visit, check_in_body(device="phone-2"))
    again = check_in(other, open_visit, check_in_body(device="phone-2"))
    left = other.post(f"/visits/{open_visit['id']}/check-out", {})

    assert refused(barred, 409, "another_visit_open")
    assert barred.json()["visit_id"] == open_visit["id"]
    assert refused(again, 409, "already_checked_in")
    assert left.json()["status"] == "completed"
    assert one.post(f"/visits/{open_visit['id']}/check-out", {}).json() == left.json()
    assert check_in(other, next_visit, check_in_body(device="phone-2")).json()["status"] == "open"


def test_a_customer_merged_meanwhile_takes_the_visits_along(api, cast):
    phone, manager = api(cast.li), api(cast.han)
    kept = new_visit(phone, name="联华超市总店", place=None)["customer"]["id"]
    visit = checked_in(phone)
    merged = visit["customer"]["id"]

    assert manager.post("/customers/merge", {"kept_id": kept, "merged_id": merged}).status_code == 200
    left = phone.post(f"/visits/{visit['id']}/check-out", {}).json()
    later = phone.post("/visits", {"id": str(uuid4()), "customer_id": merged}).json()
    there = check_in(phone, later, check_in_body()).json()

    assert (left["status"], left["customer"]["id"]) == ("completed", kept)
    assert (later["customer"]["id"], there["verdict"]) == (kept, "verified")

"""Floods are met by buckets, for each person and each address, and cannot be slipped past together or by a header."""

from collections import Counter

import pytest
from django.test import override_settings

from mobile_api import limits
from tests.support.cast import make_cast
from tests.support.client import BASE, Api, Caller, access_token
from tests.support.threads import together

FEW = {"PERSON_RATE": 0.5, "ADDRESS_RATE": 1000, "BURST_S": 20}
"""Ten at once, then one every two seconds."""
NARROW = {"PERSON_RATE": 1000, "ADDRESS_RATE": 0.5, "BURST_S": 20}


def statuses(call, times: int) -> Counter[int]:
    return Counter(call().status_code for _ in range(times))


@override_settings(**FEW)
def test_a_person_who_asks_too_often_is_told_when_to_come_back(api, cast):
    caller = api(cast.li)
    assert statuses(lambda: caller.get("/departments"), 12) == {200: 10, 429: 2}
    reply = caller.get("/departments")
    assert (reply.status_code, reply.json()["code"]) == (429, "too_many_requests")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(reply.headers["Retry-After"]) <= 2
    assert api(cast.han).get("/departments").status_code == 200


@override_settings(**FEW)
def test_a_second_device_gives_no_second_bucket(cast):
    phone, tablet = Caller(access_token(cast.li)), Caller(access_token(cast.li, device="tablet"))
    assert statuses(lambda: phone.get("/departments"), 6)[200] == 6
    assert statuses(lambda: tablet.get("/departments"), 6) == {200: 4, 429: 2}


@override_settings(**FEW)
def test_it_fills_again(api, cast, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    caller = api(cast.li)
    assert statuses(lambda: caller.get("/departments"), 11) == {200: 10, 429: 1}
    wait = int(caller.get("/departments").headers["Retry-After"])
    clock[0] += wait - 1
    assert caller.get("/departments").status_code == 429
    clock[0] += 1
    assert caller.get("/departments").status_code == 200
    clock[0] += 3600
    assert statuses(lambda: caller.get("/departments"), 12) == {200: 10, 429: 2}


@override_settings(**NARROW)
def test_an_address_is_limited_before_anybody_is_asked_who_he_is(db, django_assert_num_queries):
    caller = Caller("not-a-token")
    assert statuses(lambda: caller.get("/me"), 12) == {401: 10, 429: 2}
    with django_assert_num_queries(0):
        assert caller.get("/me").headers["Retry-After"]


@override_settings(**NARROW)
def test_a_forged_forwarding_header_gives_no_new_address(db):
    caller = Caller(None)
    replies = [
        caller.client.get(f"{BASE}/me", headers={"X-Forwarded-For": f"203.0.113.{i}", "Forwarded": f"for=10.0.0.{i}"})
        for i in range(30)
    ]
    assert Counter(reply.status_code for reply in replies) == {401: 10, 429: 20}


@override_settings(**NARROW, TRUSTED_PROXIES=1)
def test_behind_a_proxy_of_ours_the_address_is_what_it_saw(db):
    def call(claimed: str, seen: str) -> int:
        return Caller(None).client.get(f"{BASE}/me", headers={"X-Forwarded-For": f"{claimed}, {seen}"}).status_code

    assert Counter(call(f"198.51.100.{i}", "203.0.113.7") for i in range(12)) == {401: 10, 429: 2}
    assert call("203.0.113.7", "203.0.113.8") == 401


@override_settings(**NARROW)
def test_all_of_a_subscribers_ipv6_addresses_are_one(db):
    def call(address: str) -> int:
        return Caller(None).client.get(f"{BASE}/me", REMOTE_ADDR=address).status_code

    assert Counter(call(f"2001:db8:1:2::{i:x}") for i in range(12)) == {401: 10, 429: 2}
    assert call("2001:db8:1:3::1") == 401
    assert Counter(call(f"::ffff:203.0.113.{i}") for i in range(12)) == {401: 12}


@override_settings(**NARROW)
def test_health_is_never_limited(db):
    assert statuses(lambda: Caller(None).client.get("/healthz"), 30) == {200: 30}


def test_the_longest_unused_key_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED", 3)
    buckets = limits.Buckets()
    for key in "abcad":
        buckets.take(key, rate=1, burst=9)
    assert list(buckets._kept) == ["c", "a", "d"]


@pytest.mark.django_db(transaction=True)
@override_settings(**FEW)
def test_thirty_two_at_once_get_no_more_than_one_after_another():
    cast = make_cast()
    caller = Api()(cast.li)
    assert caller.get("/departments").status_code == 200
    replies = together(32, lambda i: Caller(caller.headers["Authorization"][7:]).get("/departments"))
    assert Counter(reply.status_code for reply in replies) == {200: 9, 429: 23}
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in replies if reply.status_code == 429)

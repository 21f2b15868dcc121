"""RFC 8725: what is not exactly our token opens nothing."""

from datetime import timedelta

import pytest
import time_machine
from django.test import override_settings

from backend.core import clock
from backend.directory import tokens
from tests.security.forging import FORGED, claims_of, genuine
from tests.support.client import Caller, access_token


@pytest.fixture
def token(cast) -> str:
    return access_token(cast.li)


def code(token: str) -> str:
    reply = Caller(token).get("/me")
    assert reply.status_code == 401
    assert "Bearer" in reply.headers["WWW-Authenticate"]
    return reply.json()["code"]


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_opens_nothing(token, forge):
    assert code(forge(token)) == "token_invalid"


def test_the_genuine_one_does(token):
    assert Caller(token).get("/me").status_code == 200


def test_it_ends_after_fifteen_minutes(token):
    with time_machine.travel(clock.now() + timedelta(minutes=14)):
        assert Caller(token).get("/me").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert code(token) == "token_expired"


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(api, token):
    assert code(tokens.new_refresh_token()) == "token_invalid"
    reply = api(None).post("/auth/refresh", {"refresh_token": token[:150], "device_id": "test-device"})
    assert reply.json()["code"] == "refresh_refused"


def test_claims_of_one_company_with_a_session_of_another_open_nothing(cast, token):
    assert code(genuine(claims_of(token) | {"company": str(cast.acme.pk)})) == "session_revoked"
    assert code(genuine(claims_of(token) | {"sub": str(cast.han.pk)})) == "session_revoked"


def test_verified_tokens_cost_no_query_but_the_revocation_check(api, cast, django_assert_num_queries):
    caller = api(cast.li)
    caller.get("/departments")
    with django_assert_num_queries(2):  # recent revocations, departments
        caller.get("/departments")
    with override_settings(REVOCATION_CHECK_S=60), django_assert_num_queries(1):
        caller.get("/departments")

"""RFC 8725: what is not exactly our token opens nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import jwt
import orjson
import pytest
import time_machine
from django.conf import settings
from django.test import override_settings

from backend.core import clock
from backend.directory import keys, tokens
from tests.support.client import Caller, access_token

KEY = settings.JWT_KEYS[0]


@pytest.fixture
def token(cast) -> str:
    return access_token(cast.li)


def claims_of(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def signed(claims, key=KEY, algorithm="HS256", **headers) -> str:
    header = {"typ": tokens.TYPE, "kid": keys.signing_key().id} | headers
    return jwt.encode(claims, key, algorithm=algorithm, headers=header)


def code(token: str) -> str:
    reply = Caller(token).get("/me")
    assert reply.status_code == 401
    assert "Bearer" in reply.headers["WWW-Authenticate"]
    return reply.json()["code"]


def without_signature(token: str) -> str:
    header = urlsafe_b64encode(orjson.dumps({"alg": "none", "typ": tokens.TYPE, "kid": keys.signing_key().id}))
    return f"{header.decode().rstrip('=')}.{token.split('.')[1]}."


def flipped(token: str, part: int) -> str:
    parts = token.split(".")
    raw = bytearray(urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    raw[len(raw) // 2] ^= 1
    parts[part] = urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    return ".".join(parts)


FORGED = {
    "alg none": without_signature,
    "wrong key": lambda token: signed(claims_of(token), key="x" * 32),
    "other algorithm": lambda token: signed(claims_of(token), algorithm="HS512"),
    "wrong audience": lambda token: signed(claims_of(token) | {"aud": "somebody-else"}),
    "wrong issuer": lambda token: signed(claims_of(token) | {"iss": "somebody-else"}),
    "wrong type": lambda token: signed(claims_of(token), typ="JWT"),
    "unknown key id": lambda token: signed(claims_of(token), kid="ffffffffffff"),
    "no expiry": lambda token: signed({k: v for k, v in claims_of(token).items() if k != "exp"}),
    "expiry as text": lambda token: signed(claims_of(token) | {"exp": "9999999999"}),
    "expiry too far": lambda token: signed(claims_of(token) | {"exp": claims_of(token)["iat"] + 86_400}),
    "from the future": lambda token: signed(
        claims_of(token) | {"iat": claims_of(token)["iat"] + 600, "exp": claims_of(token)["iat"] + 1200}
    ),
    "subject is no id": lambda token: signed(claims_of(token) | {"sub": "root"}),
    "header tampered": lambda token: flipped(token, 0),
    "payload tampered": lambda token: flipped(token, 1),
    "signature tampered": lambda token: flipped(token, 2),
    "huge": lambda token: token + "A" * 5000,
    "garbage": lambda token: "garbage",
    "three dots": lambda token: "...",
}


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
    assert code(signed(claims_of(token) | {"company": str(cast.acme.pk)})) == "session_revoked"
    assert code(signed(claims_of(token) | {"sub": str(cast.han.pk)})) == "session_revoked"


def test_verified_tokens_cost_no_query_but_the_revocation_check(api, cast, django_assert_num_queries):
    caller = api(cast.li)
    caller.get("/departments")
    with django_assert_num_queries(2):  # recent revocations, departments
        caller.get("/departments")
    with override_settings(REVOCATION_CHECK_S=60), django_assert_num_queries(1):
        caller.get("/departments")

"""Signing in and out, and what the list of sessions shows."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import get_hasher

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import RefreshToken, Session
from backend.directory.services import people, roles
from backend.events.models import Event
from backend.settings import PASSWORD_HASHERS
from tests.support.cast import PASSWORD
from tests.support.client import Caller


def credentials(**changes):
    device = {"id": "phone-1", "name": "小米 15", "app": "mini-program"}
    return {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": device} | changes


def refresh(api, token, device="phone-1"):
    return api(None).post("/auth/refresh", {"refresh_token": token, "device_id": device})


@pytest.fixture
def signed_in(api):
    reply = api(None).post("/auth/password", credentials())
    assert reply.status_code == 200, reply.content
    return reply.json()


def test_li_signs_in_and_sees_himself(signed_in):
    me = Caller(signed_in["access_token"]).get("/me")
    assert me.status_code == 200
    assert me.json()["name"] == "李雷"
    assert me.json()["manager"]["name"] == "韩梅梅"
    assert signed_in["expires_in"] == 900


def test_passwords_are_kept_with_argon2():
    assert PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    hasher = get_hasher("default")
    assert hasher.verify(PASSWORD, hasher.encode(PASSWORD, hasher.salt()))


def test_the_same_number_in_another_company_is_another_person(api, cast):
    reply = api(None).post("/auth/password", credentials(company="acme"))
    assert Caller(reply.json()["access_token"]).get("/me").json()["name"] == "孙丽"


@pytest.mark.parametrize(
    "wrong",
    [{"password": "wrong-password"}, {"number": "9999"}, {"company": "nobody"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_every_wrong_credential_gets_the_same_answer(api, wrong):
    reply = api(None).post("/auth/password", credentials(**wrong))
    assert reply.status_code == 401
    assert reply.json()["code"] == "bad_credentials"
    assert not Session.objects.exists()


def test_a_leaver_is_answered_like_a_stranger(api, cast):
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
    assert api(None).post("/auth/password", credentials()).json()["code"] == "bad_credentials"


def test_guessing_grows_slow_and_the_right_password_must_wait_too(api):
    for _ in range(5):
        assert api(None).post("/auth/password", credentials(password="guess-guess")).status_code == 401
    reply = api(None).post("/auth/password", credentials())
    assert reply.status_code == 429
    assert reply.json()["code"] == "too_many_attempts"
    assert int(reply.headers["Retry-After"]) >= 1
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        assert api(None).post("/auth/password", credentials()).status_code == 200


def test_a_forged_forwarding_header_does_not_give_a_fresh_address(api):
    for n in range(6):
        forged = {"X-Forwarded-For": f"203.0.113.{n}"}
        last = api(None).post("/auth/password", credentials(password="guess-guess"), **forged)
    assert last.json()["code"] == "too_many_attempts"


def test_refreshing_gives_new_tokens_and_keeps_only_hashes(api, signed_in):
    renewed = refresh(api, signed_in["refresh_token"])
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] != signed_in["refresh_token"]
    kept = [bytes(row) for row in RefreshToken.objects.values_list("hash", flat=True)]
    assert signed_in["refresh_token"].encode() not in kept
    assert {len(row) for row in kept} == {32}


def test_a_lost_reply_does_not_sign_the_phone_out(api, signed_in):
    refresh(api, signed_in["refresh_token"])
    again = refresh(api, signed_in["refresh_token"])
    assert again.status_code == 200
    assert Caller(again.json()["access_token"]).get("/me").status_code == 200


def test_a_token_reused_later_ends_the_whole_session(api, signed_in):
    renewed = refresh(api, signed_in["refresh_token"]).json()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert refresh(api, signed_in["refresh_token"]).json()["code"] == "refresh_refused"
        assert refresh(api, renewed["refresh_token"]).json()["code"] == "refresh_refused"
        assert Caller(renewed["access_token"]).get("/me").json()["code"] == "session_revoked"
    assert Session.objects.get().revoked_reason == "token_reused"
    assert Event.objects.filter(name="session.ended", data__reason="token_reused").count() == 1


def test_a_token_from_another_device_ends_the_session(api, signed_in):
    assert refresh(api, signed_in["refresh_token"], device="thief").status_code == 401
    assert Session.objects.get().revoked_reason == "other_device"


def test_a_refresh_token_dies_of_age(api, signed_in):
    with time_machine.travel(clock.now() + timedelta(days=30, seconds=1)):
        assert refresh(api, signed_in["refresh_token"]).status_code == 401


def test_signing_out_ends_access_and_refresh_at_once(api, signed_in):
    caller = Caller(signed_in["access_token"])
    assert caller.post("/auth/logout").status_code == 204
    assert caller.get("/me").json()["code"] == "session_revoked"
    assert refresh(api, signed_in["refresh_token"]).status_code == 401


def test_sessions_are_listed_and_ended_from_another_device(api, cast, signed_in):
    phone = Caller(signed_in["access_token"])
    tablet = Caller(api(None).post("/auth/password", credentials(device={"id": "tablet"})).json()["access_token"])
    items = tablet.get("/auth/sessions").json()["items"]
    assert {(item["device_name"], item["current"]) for item in items} == {("小米 15", False), ("", True)}
    lost = next(item["id"] for item in items if not item["current"])
    assert phone.get("/me").status_code == 200
    assert tablet.delete(f"/auth/sessions/{lost}").status_code == 204
    assert tablet.delete(f"/auth/sessions/{lost}").status_code == 204
    assert phone.get("/me").json()["code"] == "session_revoked"
    assert tablet.get("/me").status_code == 200


def test_a_new_password_ends_the_other_devices(api, cast, signed_in):
    tablet = Caller(api(None).post("/auth/password", credentials(device={"id": "tablet"})).json()["access_token"])
    change = {"old_password": PASSWORD, "new_password": "a-new-long-phrase"}
    wrong = tablet.post("/auth/password/change", change | {"old_password": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    weak = tablet.post("/auth/password/change", change | {"new_password": "12345678"})
    assert (weak.json()["code"], weak.json()["errors"][0]["field"]) == ("weak_password", "new_password")
    assert tablet.post("/auth/password/change", change).status_code == 204
    assert tablet.get("/me").status_code == 200
    assert Caller(signed_in["access_token"]).get("/me").status_code == 401
    assert api(None).post("/auth/password", credentials()).status_code == 401
    assert api(None).post("/auth/password", credentials(password="a-new-long-phrase")).status_code == 200


def test_nobody_ends_a_colleagues_session(api, cast, signed_in):
    for stranger in (cast.zhao, cast.han, cast.sun):
        reply = api(stranger).delete(f"/auth/sessions/{signed_in['session_id']}")
        assert reply.status_code == 404
    assert Caller(signed_in["access_token"]).get("/me").status_code == 200


def test_dismissal_ends_every_session_at_once(api, cast, signed_in):
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
    assert Caller(signed_in["access_token"]).get("/me").status_code == 401
    assert refresh(api, signed_in["refresh_token"]).status_code == 401


def test_changed_rights_count_from_the_next_request(api, cast):
    caller = api(cast.li)
    assert "audit.read" not in caller.get("/me").json()["capabilities"]
    roles.put_role(
        actor=Actor.system(cast.company.pk),
        code="rep",
        name="业务员",
        capabilities=["audit.read"],
        scopes={"visit": "company"},
        at=clock.now(),
    )
    me = caller.get("/me").json()
    assert me["capabilities"] == ["audit.read"]
    assert me["scopes"]["visit"] == "company"

"""Who tried to sign in, as whom, from where; how guessing grows slow and for whom; signing out everywhere."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import LoginRecord, RefreshToken, Revocation, Session, Throttle
from backend.directory.services import people, retention
from tests.support.cast import PASSWORD
from tests.support.client import Caller

GUESS = "guess-guess-guess"


@pytest.fixture(autouse=True)
def _one_proxy():
    with override_settings(TRUSTED_PROXIES=1):
        yield


def log_in(password=PASSWORD, device="phone-1", address="10.1.2.3", **changes):
    body = {"company": "waiqin", "number": "1002", "password": password, "device": {"id": device, "name": "小米"}}
    return Caller(None).post("/auth/password", body | changes, **{"X-Forwarded-For": address})


def test_both_what_succeeded_and_what_did_not(cast):
    log_in(GUESS, device="thief", address="203.0.113.9")
    li = Caller(log_in().json()["access_token"])
    items = li.get("/auth/login-log").json()["items"]
    assert [(item["outcome"], item["reason"], item["address"]) for item in items] == [
        ("succeeded", "", "10.1.2.3"),
        ("refused", "wrong_password", "203.0.113.9"),
    ]
    first = li.get("/auth/login-log", limit=1).json()
    rest = li.get("/auth/login-log", limit=1, cursor=first["next_cursor"]).json()
    assert first["items"] + rest["items"] == items


def test_only_ones_own(api, cast):
    log_in()
    for stranger in (cast.zhao, cast.han, cast.sun):
        assert api(stranger).get("/auth/login-log").json()["items"] == []


def test_what_was_typed_is_nowhere(cast):
    log_in(GUESS, number="my.secret.password1")
    log_in(GUESS, company="my-secret-password2")
    kept = LoginRecord.objects.get()
    assert (kept.employee, kept.reason, kept.company) == (None, "unknown_account", cast.company)
    with connection.cursor() as cursor:
        for table in ("directory_loginrecord", "directory_throttle", "events_event"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ~ 'secret|guess'")
            assert cursor.fetchone() == (0,)


def test_the_administrator_sees_the_whole_company_and_no_other(cast):
    log_in(GUESS)
    log_in(GUESS, company="acme", address="198.51.100.7")
    admin = Client()
    admin.force_login(cast.qian)
    page = admin.get("/admin/directory/loginrecord/").content.decode()
    assert "10.1.2.3" in page
    assert "198.51.100.7" not in page


def test_guesses_from_elsewhere_do_not_lock_out_the_phone_in_the_pocket(cast):
    assert log_in().status_code == 200
    with time_machine.travel(clock.now(), tick=False):
        for n in range(30):
            log_in(GUESS, device=f"thief-{n}", address=f"203.0.113.{n}")
        assert log_in(device="new", address="192.0.2.1").json()["code"] == "too_many_attempts"
        assert log_in(address="192.0.2.1").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert log_in(device="new", address="192.0.2.1").status_code == 200


def test_one_guessing_address_slows_down_itself(cast):
    with time_machine.travel(clock.now(), tick=False):
        for _ in range(7):
            last = log_in(GUESS, device="thief", address="203.0.113.9")
    assert last.json()["code"] == "too_many_attempts"
    assert log_in(device="new").status_code == 200


def test_a_stolen_phone_is_no_way_to_guess_for_ever(cast):
    log_in()
    with time_machine.travel(clock.now(), tick=False):
        for _ in range(5):
            assert log_in(GUESS).status_code == 401
        assert log_in(GUESS).json()["code"] == "too_many_attempts"
        assert log_in().json()["code"] == "too_many_attempts"


def test_a_whole_office_signs_in_from_one_address(cast):
    for _ in range(3):
        assert log_in().status_code == 200
    assert not Throttle.objects.exclude(failures=0).exists()


def test_many_accounts_from_one_address_grow_slow(cast, monkeypatch):
    monkeypatch.setattr("backend.directory.attempts.PER_ADDRESS", 10)
    with time_machine.travel(clock.now(), tick=False):
        for n in range(10):
            assert log_in(GUESS, number=f"90{n}", device=f"d{n}").status_code == 401
        assert log_in(GUESS, number="9999").json()["code"] == "too_many_attempts"
    assert log_in(address="192.0.2.1").status_code == 200


def test_signing_out_everywhere(cast):
    phone, tablet = (Caller(log_in(device=device).json()["access_token"]) for device in ("phone-1", "tablet"))
    assert tablet.post("/auth/logout-everywhere", {"keep_this": True}).status_code == 204
    assert (phone.get("/me").status_code, tablet.get("/me").status_code) == (401, 200)
    phone = Caller(log_in().json()["access_token"])
    assert tablet.post("/auth/logout-everywhere", {}).status_code == 204
    assert (phone.get("/me").status_code, tablet.get("/me").status_code) == (401, 401)
    assert set(Session.objects.values_list("revoked_reason", flat=True)) == {"logged_out_everywhere"}


def test_an_administrator_signs_somebody_out(cast):
    phone = Caller(log_in().json()["access_token"])
    assert phone.get("/me").status_code == 200
    admin = Client()
    admin.force_login(cast.qian)
    session = Session.objects.get()
    admin.post("/admin/directory/session/", {"action": "end", "_selected_action": [str(session.pk)]})
    assert phone.get("/me").json()["code"] == "session_revoked"


class TestForcedFirstChange:
    @pytest.fixture
    def li(self, cast) -> Caller:
        system = Actor.system(cast.company.pk)
        people.set_password(
            actor=system, employee_id=cast.li.pk, password="given-by-office", must_change=True, at=clock.now()
        )
        reply = log_in("given-by-office").json()
        assert reply["must_change_password"] is True
        return Caller(reply["access_token"])

    def test_nothing_but_to_change_it(self, li):
        assert li.get("/me").status_code == 200
        for refused in (li.get("/customers"), li.get("/auth/sessions"), li.post("/orders", {}), li.get("/me/today")):
            assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")

    def test_then_everything(self, li):
        change = {"old_password": "given-by-office", "new_password": "chosen-by-myself"}
        assert li.post("/auth/password/change", change).status_code == 204
        assert li.get("/customers").status_code == 200
        assert log_in("chosen-by-myself").json()["must_change_password"] is False

    def test_or_to_leave(self, li):
        assert li.post("/auth/logout").status_code == 204

    def test_it_costs_no_query(self, li, django_assert_num_queries):
        li.get("/me")
        with override_settings(REVOCATION_CHECK_S=60), django_assert_num_queries(0):
            li.get("/customers")


def test_the_log_and_spent_tokens_are_kept_for_their_time(cast):
    then = clock.now()
    token = log_in().json()["refresh_token"]
    with time_machine.travel(then + timedelta(days=180)):
        retention.forget_old(at=clock.now())
        assert LoginRecord.objects.count() == 1
        assert not RefreshToken.objects.exists()
    with time_machine.travel(then + timedelta(days=191)):
        log_in()
        assert retention.forget_old(at=clock.now()) == 1
        assert LoginRecord.objects.count() == 1
    assert Caller(None).post("/auth/refresh", {"refresh_token": token, "device_id": "phone-1"}).status_code == 401


def test_a_living_session_loses_nothing(cast, api):
    signed_in = log_in().json()
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.zhao.pk, at=clock.now())
    assert retention.forget_old(at=clock.now()) == 0
    assert Revocation.objects.exists()
    body = {"refresh_token": signed_in["refresh_token"], "device_id": "phone-1"}
    assert Caller(None).post("/auth/refresh", body).status_code == 200


def test_every_scheduled_task_exists(settings):
    from celery import current_app

    current_app.loader.import_default_modules()
    assert settings.CELERY_BEAT_SCHEDULE
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)

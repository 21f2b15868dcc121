"""What RFC 9700 asks of refresh tokens: one use, one device, one family, and nothing that outlives its person."""

from datetime import timedelta

import pytest
import time_machine

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee, LoginRecord, RefreshToken, Session
from backend.directory.services import employees, people, sessions
from tests.security.forging import FORGED, claims_of, genuine
from tests.support.cast import PASSWORD
from tests.support.client import Caller
from tests.support.tables import changed, contents

REFUSED = (401, "refresh_refused")


def refresh(token: str, device: str = "phone-1"):
    return Caller(None).post("/auth/refresh", {"refresh_token": token, "device_id": device})


def answer(reply) -> tuple[int, str]:
    return reply.status_code, reply.json().get("code", "")


@pytest.fixture
def li(cast) -> sessions.SignedIn:
    phone = sessions.Device(id="phone-1", app="mini-program")
    return sessions.open_session(employee_id=cast.li.pk, device=phone, at=clock.now())


def test_each_use_gives_another_and_only_the_newest_lasts(li):
    tokens = [li.refresh_token]
    for minutes in range(1, 4):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
            tokens.append(refresh(tokens[-1]).json()["refresh_token"])
    assert len(set(tokens)) == RefreshToken.objects.count() == 4
    assert RefreshToken.objects.filter(used_at=None).count() == 1
    assert {token.session_id for token in RefreshToken.objects.all()} == {li.session.pk}


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_an_old_one_of_any_generation_ends_the_whole_family(cast, li, generation):
    other = sessions.open_session(employee_id=cast.li.pk, device=sessions.Device(id="tablet"), at=clock.now())
    tokens, access = [li.refresh_token], li.access_token
    for minutes in range(1, 4):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
            renewed = refresh(tokens[-1]).json()
        tokens.append(renewed["refresh_token"])
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        assert answer(refresh(tokens[generation])) == REFUSED
        assert [answer(refresh(token)) for token in tokens] == [REFUSED] * 4
        assert Caller(access).get("/me").status_code == 401
        assert refresh(other.refresh_token, "tablet").status_code == 200, "another device is another family"
    assert Session.objects.get(pk=li.session.pk).revoked_reason == "token_reused"
    assert LoginRecord.objects.filter(reason="token_reused", employee=cast.li, door="refresh").count() == 1


def test_a_stolen_one_works_nowhere_else_and_warns_its_owner(cast, li):
    for device in ("thief", "PHONE-1", "phone-11"):
        Session.objects.update(revoked_at=None)
        assert answer(refresh(li.refresh_token, device)) == REFUSED, device
    assert answer(refresh(li.refresh_token)) == REFUSED
    assert LoginRecord.objects.filter(reason="other_device", employee=cast.li).exists()


def test_an_access_token_is_none_whoever_it_was_made_for(cast, li):
    claims = claims_of(li.access_token)
    made = [li.access_token, *(forge(li.access_token) for forge in FORGED.values())]
    made += [genuine(claims | {"aud": audience, "typ": "refresh"}) for audience in ("waiqin-refresh", "waiqin-admin")]
    before = contents()
    for token in made:
        assert answer(refresh(token)) in {REFUSED, (422, "invalid")}, token[:40]
    assert not changed(before, contents())
    assert refresh(li.refresh_token).status_code == 200


def test_a_family_ends_after_half_a_year_however_often_it_was_renewed(li):
    begun, token = clock.now(), li.refresh_token
    for days in range(29, 180, 29):
        with time_machine.travel(begun + timedelta(days=days)):
            reply = refresh(token)
            assert reply.status_code == 200, days
            token = reply.json()["refresh_token"]
    with time_machine.travel(begun + sessions.SESSION_LIFETIME):
        assert answer(refresh(token)) == REFUSED
    assert RefreshToken.objects.filter(used_at=None).count() == 1, "a refused one gives no other"


def test_whoever_left_gets_nothing_even_if_only_his_row_says_so(cast, li):
    Employee.objects.filter(pk=cast.li.pk).update(is_active=False)
    assert answer(refresh(li.refresh_token)) == REFUSED
    Employee.objects.filter(pk=cast.li.pk).update(is_active=True)
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
    assert answer(refresh(li.refresh_token)) == REFUSED


def test_whoever_comes_back_does_not_find_his_old_sessions_alive(cast, li):
    system = Actor.system(cast.company.pk)
    people.dismiss(actor=system, employee_id=cast.li.pk, at=clock.now())
    employees.rehire(actor=system, employee_id=cast.li.pk, at=clock.now())
    assert answer(refresh(li.refresh_token)) == REFUSED


def test_a_password_set_by_somebody_else_ends_the_family(cast, li):
    people.set_password(
        actor=Actor.system(cast.company.pk),
        employee_id=cast.li.pk,
        password="given-by-the-office",
        must_change=True,
        at=clock.now(),
    )
    assert answer(refresh(li.refresh_token)) == REFUSED


def test_whose_password_must_change_stays_where_he_may_only_change_it(cast, li):
    Employee.objects.filter(pk=cast.li.pk).update(must_change_password=True)
    renewed = refresh(li.refresh_token).json()
    assert renewed["must_change_password"] is True
    li_again = Caller(renewed["access_token"])
    assert answer(li_again.get("/customers")) == (403, "password_change_required")
    change = {"old_password": PASSWORD, "new_password": "a-new-long-phrase"}
    assert li_again.post("/auth/password/change", change).status_code == 204
    assert li_again.get("/customers").status_code == 200
    assert refresh(renewed["refresh_token"]).json()["must_change_password"] is False


class TestConfirmingByPassword:
    """Who holds a stolen token may not guess the password with it, at any of the places that ask for it."""

    GUESS = {"old_password": "guess-guess", "new_password": "a-new-long-phrase"}

    def test_guessing_the_old_one_grows_slow_and_the_right_one_waits_too(self, cast, li):
        thief = Caller(li.access_token)
        with time_machine.travel(clock.now(), tick=False):
            replies = [answer(thief.post("/auth/password/change", self.GUESS)) for _ in range(5)]
            assert replies == [(403, "wrong_password")] * 5
            reply = thief.post("/auth/password/change", self.GUESS | {"old_password": PASSWORD})
            assert answer(reply) == (429, "too_many_attempts")
            assert int(reply.headers["Retry-After"]) >= 1
            phone = thief.patch("/me", {"version": 1, "phone": "13800000009", "password": PASSWORD})
            assert answer(phone) == (429, "too_many_attempts"), "the same guesses by another way"
            login = {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": {"id": "phone-1"}}
            assert Caller(None).post("/auth/password", login).status_code == 200, "the owner signs in meanwhile"
        cast.li.refresh_from_db()
        assert cast.li.check_password(PASSWORD)
        with time_machine.travel(clock.now() + timedelta(seconds=5)):
            fresh = Caller(
                sessions.open_session(
                    employee_id=cast.li.pk, device=sessions.Device(id="phone-1"), at=clock.now()
                ).access_token
            )
            assert fresh.post("/auth/password/change", self.GUESS | {"old_password": PASSWORD}).status_code == 204

    def test_a_right_one_forgives_the_wrong_ones_before(self, cast, li):
        caller = Caller(li.access_token)
        for _ in range(3):
            old, new = PASSWORD, "a-new-long-phrase"
            assert [caller.post("/auth/password/change", self.GUESS).status_code for _ in range(3)] == [403] * 3
            assert caller.post("/auth/password/change", {"old_password": old, "new_password": new}).status_code == 204
            assert caller.post("/auth/password/change", {"old_password": new, "new_password": old}).status_code == 204

    def test_the_admin_sites_page_counts_with_it(self, cast, client):
        client.force_login(cast.qian)
        form = {"old_password": "guess", "new_password1": "a-new-long-phrase", "new_password2": "a-new-long-phrase"}
        replies = [client.post("/admin/password_change/", form).status_code for _ in range(6)]
        assert replies == [200] * 5 + [429]
        cast.qian.refresh_from_db()
        assert cast.qian.check_password(PASSWORD)

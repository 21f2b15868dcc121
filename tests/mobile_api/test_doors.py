"""Coming in by WeChat and WeCom."""

from datetime import timedelta

import pytest
import time_machine

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import LoginRecord, Role, Session
from backend.directory.services import people, restrictions
from backend.wechat.models import LoginCode
from backend.wechat.services import claims
from tests.simulators import wecom_simulator
from tests.support.client import Caller
from tests.support.doors import CORP_ID, MINI, Phone, code_of, enter_apps, open_platform

MINI_SESSION, MEMBER = "/sns/jscode2session", "/cgi-bin/auth/getuserinfo"


@pytest.fixture(scope="module")
def platform_process():
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def platform(platform_process, settings):
    open_platform(platform_process, settings)
    return platform_process


@pytest.fixture
def phone(cast, platform) -> Phone:
    enter_apps(cast)
    return Phone(platform)


def bind(person, provider, subject):
    people.bind_identity(
        actor=Actor.system(person.company_id),
        employee_id=person.pk,
        provider=provider,
        tenant=CORP_ID if provider == "wecom" else MINI,
        subject=subject,
    )


@pytest.fixture
def bound(cast, phone) -> Phone:
    """Li Lei, known by both platforms; WeCom spells him otherwise than it did when he was bound."""
    bind(cast.li, "wecom", "lilei")
    bind(cast.li, "wechat", phone.platform.issue("mini_program", "李雷", app_id=MINI)["openid"])
    return phone


def doors(phone):
    return {
        "wechat": lambda: phone.wechat(phone.mini_code()),
        "wecom": lambda: phone.wecom(phone.authorize()),
        "wecom_mini_program": lambda: phone.wecom_mini(),
    }


@pytest.mark.parametrize("door", ["wechat", "wecom", "wecom_mini_program"])
def test_every_door_opens_a_session(bound, door):
    reply = doors(bound)[door]()
    assert reply.status_code == 200, reply.content
    assert Caller(reply.json()["access_token"]).get("/me").json()["name"] == "李雷"
    assert Session.objects.get().door == door
    assert LoginRecord.objects.get().door == door


@pytest.mark.parametrize("door", ["wechat", "wecom", "wecom_mini_program"])
def test_a_leaver_finds_every_door_shut(cast, bound, door):
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.li.pk, at=clock.now())
    assert code_of(doors(bound)[door]()) == (403, "account_closed")
    assert not Session.objects.exists()


@pytest.mark.parametrize("door", ["wechat", "wecom", "wecom_mini_program"])
def test_restrictions_hold_at_every_door(cast, bound, door):
    restrictions.put_restriction(
        actor=Actor.system(cast.company.pk),
        role_id=Role.objects.get(company=cast.company, code="rep").pk,
        networks=["192.0.2.0/24"],
        weekdays=[],
        begins=None,
        ends=None,
        devices="any",
        at=clock.now(),
    )
    assert code_of(doors(bound)[door]()) == (403, "login_address_refused")
    assert LoginRecord.objects.get().reason == "login_address_refused"


def test_a_code_sent_twice_within_a_minute_gives_the_same_session(bound):
    code = bound.mini_code()
    first, again = bound.wechat(code).json(), bound.wechat(code).json()
    assert first["session_id"] == again["session_id"]
    assert first["refresh_token"] != again["refresh_token"]
    assert len(bound.platform.requests(MINI_SESSION)) == 1
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert code_of(bound.wechat(code)) == (401, "code_refused")
    assert Session.objects.count() == 1


def test_a_code_overheard_opens_nothing_on_another_device(bound):
    code = bound.mini_code()
    bound.wechat(code)
    assert code_of(Phone(bound.platform, id="thief").wechat(code)) == (401, "code_refused")


def test_a_code_is_not_kept_and_forgotten_after_a_day(bound):
    code = bound.mini_code()
    bound.wechat(code)
    assert code.encode() not in bytes(LoginCode.objects.get().code_hash)
    assert claims.forget_old(at=clock.now()) == 0
    assert claims.forget_old(at=clock.now() + timedelta(days=2)) == 1


@pytest.mark.parametrize(
    "fault",
    [{"close": True, "after": True}, {"html": True}, {"errcode": -1}, {"status": 502, "body": "x"}, {"errcode": 40125}],
    ids=str,
)
def test_a_platform_without_an_answer_is_asked_once(bound, fault):
    bound.platform.faults({"path": MINI_SESSION, "count": None} | fault)
    code = bound.mini_code()
    reply = bound.wechat(code)
    assert code_of(reply) == (503, "login_unanswered")
    assert "Retry-After" in reply.headers
    assert code_of(bound.wechat(code)) == (503, "login_unanswered")
    assert len(bound.platform.requests(MINI_SESSION)) == 1
    bound.platform.faults()
    assert bound.wechat(bound.mini_code()).status_code == 200


def test_a_spent_and_an_invented_code(bound):
    code = bound.mini_code()
    bound.platform.faults({"path": MINI_SESSION, "errcode": 40163})
    assert code_of(bound.wechat(code)) == (401, "code_refused")
    assert code_of(bound.wechat("invented-by-a-stranger")) == (401, "code_refused")
    bound.platform.advance(600)
    assert LoginRecord.objects.filter(reason="code_refused", employee=None).count() == 2


def test_a_worker_that_died_while_asking_leaves_a_spent_code(bound, monkeypatch):
    monkeypatch.setattr(claims, "PATIENCE_S", 0.1)
    code = bound.mini_code()
    bound.wechat(code)
    LoginCode.objects.update(status="asking", session=None)
    assert code_of(bound.wechat(code)) == (503, "login_unanswered")
    assert len(bound.platform.requests(MINI_SESSION)) == 1


def test_guessing_codes_from_one_address_grows_slow(bound, monkeypatch):
    monkeypatch.setattr("backend.directory.attempts.PER_ADDRESS", 5)
    with time_machine.travel(clock.now(), tick=False):
        for n in range(5):
            assert bound.wechat(f"guess-{n}").status_code == 401
        assert code_of(bound.wechat(bound.mini_code())) == (429, "too_many_attempts")


def test_unknown_companies_and_companies_without_an_app(phone, cast):
    assert phone.wechat(phone.mini_code(), company="nobody").status_code == 404
    assert phone.wechat(phone.mini_code(), company="acme").status_code == 404
    assert phone.wechat(phone.mini_code(), app_id="wx-other").status_code == 404
    assert phone.begin(company="acme").status_code == 404
    assert phone.begin(agent_id=99).status_code == 404


class TestThePageOfWecom:
    def test_only_members(self, bound):
        assert code_of(bound.wecom(bound.authorize(user="?stranger"))) == (403, "not_a_member")
        assert not Session.objects.exists()

    def test_it_returns_only_where_we_said(self, phone):
        for elsewhere in (
            "https://evil.example.com/",
            "https://waiqin.example.com/x",
            "https://waiqin.example.com.evil/",
        ):
            assert code_of(phone.begin(redirect_uri=elsewhere)) == (422, "redirect_refused")

    def test_beginning_writes_nothing(self, phone, django_assert_num_queries):
        with django_assert_num_queries(2):  # company, app
            assert phone.begin().status_code == 200

    def test_a_code_slipped_into_another_browser_opens_nothing(self, bound):
        brought = bound.authorize()
        assert code_of(Phone(bound.platform).wecom(brought)) == (403, "oauth_state_refused")
        assert code_of(bound.wecom({"code": brought["code"]})) == (403, "oauth_state_refused")
        assert bound.platform.requests(MEMBER) == []
        assert bound.wecom(brought).status_code == 200

    def test_a_state_is_good_once(self, bound):
        brought = bound.authorize()
        assert bound.wecom(brought).status_code == 200
        other = bound.authorize()
        assert code_of(bound.wecom(other | {"state": brought["state"]})) == (403, "oauth_state_refused")
        assert bound.wecom(brought).status_code == 200, "sent again"

    def test_a_state_is_good_for_ten_minutes(self, bound):
        brought = bound.authorize()
        with time_machine.travel(clock.now() + timedelta(minutes=11)):
            assert code_of(bound.wecom(brought)) == (403, "oauth_state_refused")

    def test_a_state_made_up_or_altered(self, bound):
        brought = bound.authorize()
        altered = brought["state"][:-1] + ("0" if brought["state"][-1] != "0" else "1")
        assert code_of(bound.wecom(brought | {"state": altered})) == (403, "oauth_state_refused")
        assert bound.wecom(brought | {"state": "short"}).status_code == 422

"""What a phone's code is exchanged for. The answers are those of the documents, put in the platform's mouth."""

import json
from collections.abc import Callable

import pytest

from backend.core.actor import Actor
from backend.directory.services import people
from backend.wechat import mini_program, transport, wecom
from backend.wechat.errors import CodeSpent, Configuration, NotAMember, Transient
from backend.wechat.members import Identity, Member, MemberDetail, PhoneNumber
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.simulators import Simulator

USERINFO = "/cgi-bin/auth/getuserinfo"
DETAIL = "/cgi-bin/auth/getuserdetail"
WECOM_SESSION = "/cgi-bin/miniprogram/jscode2session"
WECHAT_SESSION = "/sns/jscode2session"
PHONE = "/wxa/business/getuserphonenumber"
TOKEN = "/cgi-bin/stable_token"
CODE = "c0de-of-a-phone"
MINI_SECRET = "s3cret-of-the-mini-program"


@pytest.fixture
def mini(platform: Simulator, settings, db) -> App:
    settings.WECHAT_API_BASE = platform.url
    company = people.found_company(code="waiqin", name="外勤公司")
    return apps.configure_app(
        actor=Actor.system(company.pk), kind="mini_program", platform_id="wx-waiqin", secret=MINI_SECRET
    )


def answers(platform: Simulator, path: str, **answer: object) -> dict[str, object]:
    return {"path": path, "body": json.dumps(answer), "count": None}


def test_a_code_names_a_member(platform: Simulator, app: App):
    platform.faults(answers(platform, USERINFO, errcode=0, userid="LiLei", user_ticket="T"))
    assert wecom.client_for(app).member_of_code(CODE) == Member("ww-waiqin", "LiLei", "T")
    [request] = platform.requests(USERINFO)
    assert request["query"]["code"] == CODE


def test_a_stranger_is_refused(platform: Simulator, app: App):
    platform.faults(answers(platform, USERINFO, errcode=0, openid="o1", external_userid="wm1"))
    with pytest.raises(NotAMember):
        wecom.client_for(app).member_of_code(CODE)


def test_a_ticket_opens_what_the_member_shows(platform: Simulator, app: App):
    platform.faults(answers(platform, DETAIL, errcode=0, userid="LiLei", mobile="13800000000", biz_mail="li@x.cn"))
    detail = wecom.client_for(app).detail_of_ticket("TICKET")
    assert detail == MemberDetail("LiLei", "+8613800000000", "li@x.cn")
    [request] = platform.requests(DETAIL)
    assert json.loads(request["body"]) == {"user_ticket": "TICKET"}


def test_a_mini_program_inside_wecom_names_a_member_of_our_corporation(platform: Simulator, app: App):
    session = {"errcode": 0, "userid": "LiLei", "session_key": "K"}
    platform.faults(answers(platform, WECOM_SESSION, corpid="ww-waiqin", **session))
    assert wecom.client_for(app).member_of_mini_program_code(CODE) == Member("ww-waiqin", "LiLei")
    platform.faults(answers(platform, WECOM_SESSION, corpid="ww-other", **session))
    with pytest.raises(NotAMember):
        wecom.client_for(app).member_of_mini_program_code(CODE)


def test_a_mini_program_names_a_person_without_any_token(platform: Simulator, mini: App):
    platform.faults(answers(platform, WECHAT_SESSION, openid="o1", unionid="u1", session_key="K"))
    assert mini_program.client_for(mini).identity_of_code(CODE) == Identity("o1", "u1")
    [request] = platform.requests()
    assert request["query"] == {
        "appid": "wx-waiqin",
        "secret": MINI_SECRET,
        "js_code": CODE,
        "grant_type": "authorization_code",
    }


def test_a_phone_number_needs_a_stable_token(platform: Simulator, mini: App):
    info = {"phoneNumber": "13800000000", "purePhoneNumber": "13800000000", "countryCode": "86"}
    platform.faults(
        answers(platform, TOKEN, access_token="t", expires_in=7200),
        answers(platform, PHONE, errcode=0, phone_info=info),
    )
    client = mini_program.client_for(mini)
    assert client.phone_of_code(CODE) == client.phone_of_code(CODE) == PhoneNumber("+8613800000000", "86")
    [token] = platform.requests(TOKEN)
    assert json.loads(token["body"])["force_refresh"] is False


def test_a_token_that_stays_the_refused_one_is_forced_once(platform: Simulator, mini: App):
    platform.faults(
        answers(platform, TOKEN, access_token="t", expires_in=7200), {"path": PHONE, "errcode": 40001, "count": None}
    )
    with pytest.raises(Configuration):
        mini_program.client_for(mini).phone_of_code(CODE)
    assert len(platform.requests(PHONE)) == 1
    forced = [json.loads(request["body"])["force_refresh"] for request in platform.requests(TOKEN)]
    assert forced == [False, False, True]


Exchange = Callable[[App, App], object]
EXCHANGES: dict[str, Exchange] = {
    USERINFO: lambda app, mini: wecom.client_for(app).member_of_code(CODE),
    DETAIL: lambda app, mini: wecom.client_for(app).detail_of_ticket(CODE),
    WECOM_SESSION: lambda app, mini: wecom.client_for(app).member_of_mini_program_code(CODE),
    WECHAT_SESSION: lambda app, mini: mini_program.client_for(mini).identity_of_code(CODE),
    PHONE: lambda app, mini: mini_program.client_for(mini).phone_of_code(CODE),
}


@pytest.fixture
def exchange(platform: Simulator, app: App, mini: App):
    """`exchange(path, fault)` makes the call that ends at this path, where the fault strikes."""

    def run(path: str, **fault: object) -> object:
        platform.faults(
            answers(platform, TOKEN, access_token="t", expires_in=7200), {"path": path, "count": None, **fault}
        )
        return EXCHANGES[path](app, mini)

    return run


@pytest.mark.parametrize("path", EXCHANGES)
@pytest.mark.parametrize("errcode", [40029, 40163, 42003, 42022])
def test_a_spent_code_asks_for_another(platform: Simulator, exchange, path: str, errcode: int):
    with pytest.raises(CodeSpent) as error:
        exchange(path, errcode=errcode, errmsg=f"bad {CODE} of 13800000000")
    assert error.value.errcode == errcode
    assert "bad *** of ***" in str(error.value)
    assert len(platform.requests(path)) == 1


@pytest.mark.parametrize("path", EXCHANGES)
def test_an_exchange_without_an_answer_is_not_repeated(platform: Simulator, exchange, monkeypatch, path: str):
    monkeypatch.setattr(transport, "READ_S", 0.3)
    with pytest.raises(Transient) as error:
        exchange(path, delay=60)
    assert error.value.__cause__ is error.value.__context__ is None
    assert not [text for text in (CODE, MINI_SECRET) if text in repr(error.value)]
    assert len(platform.requests(path)) == 1


@pytest.mark.parametrize("code", ["", "代码", "a\nb", "x" * 513])
def test_what_cannot_be_a_code_is_not_sent(platform: Simulator, app: App, mini: App, code: str):
    for call in (
        wecom.client_for(app).member_of_code,
        wecom.client_for(app).member_of_mini_program_code,
        wecom.client_for(app).detail_of_ticket,
        mini_program.client_for(mini).identity_of_code,
        mini_program.client_for(mini).phone_of_code,
    ):
        with pytest.raises(CodeSpent):
            call(code)
    assert platform.requests() == []


def test_a_client_speaks_only_for_its_kind(app: App, mini: App):
    with pytest.raises(Configuration):
        wecom.client_for(mini)
    with pytest.raises(Configuration):
        mini_program.client_for(app)

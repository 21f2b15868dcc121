"""What a phone's code is exchanged for, and what it is not."""

import json
from collections.abc import Callable

import pytest

from backend.core.actor import Actor
from backend.directory.services import people
from backend.wechat import mini_program, transport, wecom
from backend.wechat.errors import CodeSpent, Configuration, NotAMember, Transient
from backend.wechat.members import Member, MemberDetail, PhoneNumber
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.backend.wechat.conftest import CORP
from tests.simulators import Simulator

USERINFO = "/cgi-bin/auth/getuserinfo"
DETAIL = "/cgi-bin/auth/getuserdetail"
WECOM_SESSION = "/cgi-bin/miniprogram/jscode2session"
WECHAT_SESSION = "/sns/jscode2session"
PHONE = "/wxa/business/getuserphonenumber"
TOKEN = "/cgi-bin/stable_token"
CODE = "c0de-of-a-phone"
MINI_SECRET = "s3cret-of-the-mini-program"


AT = {"corp_id": "ww-waiqin", "agent_id": 1000002}
MINI = "wx-waiqin"


@pytest.fixture(autouse=True)
def _world(platform: Simulator):
    """Our mini-program, linked with our application, and a person who is the same in WeChat and WeCom."""
    account = {"app_id": MINI, "kind": "mini_program", "secret": MINI_SECRET, "open_platform": "waiqin"}
    li = {"user_id": "LiLei", "name": "李雷", "mobile": "13800000000", "email": "li@waiqin.cn"}
    linked, other = CORP["apps"][0] | {"mini_programs": [MINI]}, CORP["apps"][1]
    platform.seed(
        CORP | {"users": [li, *CORP["users"][1:]], "apps": [linked, other]},
        accounts=[account],
        people=[{"name": "李雷", "phone": "13800000000"}],
    )


@pytest.fixture
def mini(platform: Simulator, settings, db) -> App:
    settings.WECHAT_API_BASE = platform.url
    company = people.found_company(code="waiqin", name="外勤公司")
    return apps.configure_app(actor=Actor.system(company.pk), kind="mini_program", platform_id=MINI, secret=MINI_SECRET)


def answers(platform: Simulator, path: str, **answer: object) -> dict[str, object]:
    return {"path": path, "body": json.dumps(answer), "count": None}


def test_a_code_names_a_member_and_works_once(platform: Simulator, app: App):
    client, code = wecom.client_for(app), platform.issue_code("oauth", "LiLei", **AT)
    assert client.member_of_code(code) == Member("ww-waiqin", "LiLei")
    with pytest.raises(CodeSpent):
        client.member_of_code(code)


def test_a_code_ends_after_five_minutes(platform: Simulator, app: App):
    code = platform.issue_code("oauth", "LiLei", **AT)
    platform.advance(300)
    with pytest.raises(CodeSpent):
        wecom.client_for(app).member_of_code(code)


def test_a_stranger_is_refused(platform: Simulator, app: App):
    with pytest.raises(NotAMember):
        wecom.client_for(app).member_of_code(platform.issue_code("oauth", openid="a-stranger", **AT))


def test_a_code_of_another_app_opens_nothing(platform: Simulator, app: App):
    code = platform.issue_code("oauth", "LiLei", corp_id="ww-waiqin", agent_id=1000003)
    with pytest.raises((CodeSpent, Configuration)):
        wecom.client_for(app).member_of_code(code)


def test_a_ticket_opens_what_the_member_shows(platform: Simulator, app: App):
    client = wecom.client_for(app)
    member = client.member_of_code(platform.issue_code("oauth", "LiLei", scope="snsapi_privateinfo", **AT))
    assert client.detail_of_ticket(member.user_ticket) == MemberDetail("LiLei", "+8613800000000", "li@waiqin.cn")
    platform.advance(1800)
    with pytest.raises(CodeSpent):
        client.detail_of_ticket(member.user_ticket)


def test_a_mini_program_inside_wecom_names_a_member_of_our_corporation(platform: Simulator, app: App):
    code = platform.issue_code("wecom_mini_program", "LiLei", corp_id="ww-waiqin", app_id=MINI)
    assert wecom.client_for(app).member_of_mini_program_code(code) == Member("ww-waiqin", "LiLei")
    session = {"errcode": 0, "userid": "LiLei", "session_key": "K"}
    platform.faults(answers(platform, WECOM_SESSION, corpid="ww-other", **session))
    with pytest.raises(NotAMember):
        wecom.client_for(app).member_of_mini_program_code(CODE)


def test_two_corporations_at_once_know_their_own(platform: Simulator, app: App, configured):
    corp = {"corp_id": "ww-other", "users": [{"user_id": "LiLei"}], "apps": [{"agent_id": 1, "secret": "theirs"}]}
    platform.seed(corp)
    other = configured(platform_id="ww-other", agent_id=1, secret="theirs")
    code = platform.issue_code("oauth", "LiLei", corp_id="ww-other", agent_id=1)
    assert wecom.client_for(other).member_of_code(code).corp_id == "ww-other"
    assert wecom.client_for(app).member_of_code(platform.issue_code("oauth", "LiLei", **AT)).corp_id == "ww-waiqin"


def test_a_mini_program_names_a_person_without_any_token(platform: Simulator, mini: App):
    client, code = mini_program.client_for(mini), platform.issue_code("mini_program", "李雷", app_id=MINI)
    identity = client.identity_of_code(code)
    assert (identity.openid[:1], identity.union_id[:1]) == ("o", "u")
    with pytest.raises(CodeSpent):
        client.identity_of_code(code)
    assert {request["path"] for request in platform.requests()} == {WECHAT_SESSION}


def test_a_phone_number_needs_one_stable_token(platform: Simulator, mini: App):
    client = mini_program.client_for(mini)
    for _ in range(2):
        code = platform.issue_code("phone", "李雷", app_id=MINI)
        assert client.phone_of_code(code) == PhoneNumber("+8613800000000", "86")
    [token] = platform.requests(TOKEN)
    assert json.loads(token["body"])["force_refresh"] is False


def test_a_stable_token_that_died_early_costs_one_more_call(platform: Simulator, mini: App):
    client = mini_program.client_for(mini)
    client.phone_of_code(platform.issue_code("phone", "李雷", app_id=MINI))
    platform.revoke_tokens()
    client.phone_of_code(platform.issue_code("phone", "李雷", app_id=MINI))
    assert [len(platform.requests(path)) for path in (TOKEN, PHONE)] == [2, 3]


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

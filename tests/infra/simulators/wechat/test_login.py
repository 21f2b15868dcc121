"""The doors: codes are good once, for five minutes, for the app they were made for."""

import http.client
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.simulators import Simulator

USERINFO = "/cgi-bin/auth/getuserinfo"
DETAIL = "/cgi-bin/auth/getuserdetail"
QY_SESSION = "/cgi-bin/miniprogram/jscode2session"
WX_SESSION = "/sns/jscode2session"
MINI = {"appid": "wx-mini", "secret": "mini-secret", "grant_type": "authorization_code"}


def oauth(platform: Simulator, user: str = "lilei", **where: object) -> str:
    return platform.issue_code("oauth", user, **{"agent_id": 1000002, **where})


def test_a_code_names_the_member_once(platform: Simulator, wecom):
    code = oauth(platform)
    answer = wecom(USERINFO, code=code)
    assert (answer["errcode"], answer["userid"]) == (0, "LiLei")
    assert "user_ticket" not in answer
    assert wecom(USERINFO, code=code)["errcode"] == 42022


@pytest.mark.parametrize(("wait", "errcode"), [(295, 0), (301, 42003)])
def test_a_code_lives_five_minutes(platform: Simulator, wecom, wait: int, errcode: int):
    code = oauth(platform)
    platform.advance(wait)
    assert wecom(USERINFO, code=code)["errcode"] == errcode


def test_a_code_of_nobody_and_of_another_app_is_refused(platform: Simulator, wecom):
    assert wecom(USERINFO, code="made-up")["errcode"] == 40029
    assert wecom(USERINFO)["errcode"] == 41008
    code = oauth(platform)
    assert wecom(USERINFO, secret="another-secret", code=code)["errcode"] == 50001
    assert wecom(USERINFO, secret="contacts-secret", code=code)["errcode"] == 48002
    assert wecom(USERINFO, code=code)["errcode"] == 0


def test_the_old_address_answers_in_capitals(platform: Simulator, wecom):
    answer = wecom("/cgi-bin/user/getuserinfo", code=oauth(platform))
    assert (answer["UserId"], "userid" in answer) == ("LiLei", False)


def test_a_stranger_is_no_member(platform: Simulator, wecom):
    answer = wecom(USERINFO, code=platform.issue_code("oauth", agent_id=1000002, openid="o-1"))
    assert answer["openid"] == "o-1"
    assert "userid" not in answer


def test_a_ticket_opens_what_the_member_gives(platform: Simulator, wecom):
    ticket = wecom(USERINFO, code=oauth(platform, scope="snsapi_privateinfo"))["user_ticket"]
    for _ in range(2):
        answer = wecom(DETAIL, {"user_ticket": ticket})
        assert (answer["userid"], answer["mobile"], answer["email"]) == ("LiLei", "13900000001", "li@example.com")
    assert wecom(DETAIL, {"user_ticket": ticket}, secret="another-secret")["errcode"] == 84015
    assert wecom(DETAIL, {"user_ticket": "made-up"})["errcode"] == 84015
    platform.advance(1801)
    assert wecom(DETAIL, {"user_ticket": ticket})["errcode"] == 84014


def test_what_a_member_withholds_is_not_told(platform: Simulator, wecom):
    ticket = wecom(USERINFO, code=oauth(platform, "hanmeimei", scope="snsapi_privateinfo"))["user_ticket"]
    assert "mobile" not in wecom(DETAIL, {"user_ticket": ticket})


def test_outside_the_visible_range_there_is_no_ticket(platform: Simulator, wecom):
    answer = wecom(USERINFO, code=oauth(platform, "wangfang", scope="snsapi_privateinfo"))
    assert (answer["userid"], "user_ticket" in answer) == ("wangfang", False)


def test_a_wecom_mini_program_names_corporation_and_member(platform: Simulator, wecom):
    code = platform.issue_code("wecom_mini_program", "LiLei", app_id="wx-mini")
    wrong = wecom(QY_SESSION, js_code=code, grant_type="authorization_code", secret="another-secret")
    assert wrong["errcode"] == 40014  # that app is not linked with the mini-program
    assert wecom(QY_SESSION, js_code=code)["errcode"] == 40058
    answer = wecom(QY_SESSION, js_code=code, grant_type="authorization_code")
    assert (answer["corpid"], answer["userid"], answer["errcode"]) == ("ww-waiqin", "LiLei", 0)
    assert wecom(QY_SESSION, js_code=code, grant_type="authorization_code")["errcode"] == 40163


def test_a_mini_program_login_needs_no_token_and_says_no_errcode(platform: Simulator):
    code = platform.issue_code("mini_program", "李雷", app_id="wx-mini")
    answer = platform.call(WX_SESSION, **MINI, js_code=code)
    assert set(answer) == {"openid", "session_key", "unionid"}
    again = platform.call(WX_SESSION, **MINI, js_code=code)
    assert again["errcode"] == 40163
    assert " rid: " in again["errmsg"]


def test_openids_differ_by_account_and_unionids_by_open_platform(platform: Simulator):
    def login(app_id: str) -> dict:
        code = platform.issue_code("mini_program", "李雷", app_id=app_id)
        return platform.call(WX_SESSION, **MINI | {"appid": app_id, "secret": f"{app_id[3:]}-secret"}, js_code=code)

    one, other = login("wx-mini"), login("wx-alone")
    assert one["openid"] != other["openid"]
    assert "unionid" not in other
    assert login("wx-mini")["openid"] == one["openid"]


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wx-none"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({"grant_type": "client_credential"}, 40002),
        ({"js_code": "made-up"}, 40029),
        ({"appid": "wx-alone", "secret": "alone-secret"}, 40029),
    ],
)
def test_a_mini_program_login_is_refused(platform: Simulator, changes: dict, errcode: int):
    code = platform.issue_code("mini_program", "李雷", app_id="wx-mini")
    assert platform.call(WX_SESSION, **MINI | {"js_code": code} | changes)["errcode"] == errcode
    assert "openid" in platform.call(WX_SESSION, **MINI, js_code=code)


def test_logins_of_one_person_are_limited_and_a_risky_person_blocked(platform: Simulator):
    for expected in [True] * 100 + [False]:
        code = platform.issue_code("mini_program", "李雷", app_id="wx-mini")
        answer = platform.call(WX_SESSION, **MINI, js_code=code)
        assert ("openid" in answer) is expected
    assert answer["errcode"] == 45011
    platform.seed(people=[{"name": "坏人", "blocked": True}])
    code = platform.issue_code("mini_program", "坏人", app_id="wx-mini")
    assert platform.call(WX_SESSION, **MINI, js_code=code)["errcode"] == 40226


def test_a_phone_number_comes_once(platform: Simulator, weixin):
    path = "/wxa/business/getuserphonenumber"
    code = platform.issue_code("phone", "Chan", app_id="wx-mini")
    assert weixin(path, {"code": code, "openid": "o-other"})["errcode"] == 40013
    phone = weixin(path, {"code": code})["phone_info"]
    assert (phone["phoneNumber"], phone["purePhoneNumber"], phone["countryCode"]) == ("+85261234567", "61234567", "852")
    assert phone["watermark"]["appid"] == "wx-mini"
    assert weixin(path, {"code": code})["errcode"] == 40029
    late = platform.issue_code("phone", "李雷", app_id="wx-mini")
    platform.advance(301)
    assert weixin(path, {"code": late})["errcode"] == 40029


def test_an_official_account_tells_who_came(platform: Simulator):
    code = platform.issue_code("official_account", "李雷", app_id="wx-oa", scope="snsapi_userinfo")
    given = {"appid": "wx-oa", "secret": "oa-secret", "grant_type": "authorization_code", "code": code}
    answer = platform.call("/sns/oauth2/access_token", **given)
    assert answer["scope"] == "snsapi_userinfo"
    who = platform.call("/sns/userinfo", access_token=answer["access_token"], openid=answer["openid"], lang="zh_CN")
    assert (who["nickname"], who["unionid"]) == ("李雷", answer["unionid"])
    assert platform.call("/sns/userinfo", access_token=answer["access_token"], openid="o")["errcode"] == 40003
    assert platform.call("/sns/oauth2/access_token", **given)["errcode"] == 40163


PLAIN = {"grant_type": "client_credential", "appid": "wx-mini", "secret": "mini-secret"}
CHECK = "/wxa/business/getuserphonenumber"


def opens(platform: Simulator, token: str) -> int:
    return platform.call(CHECK, {"code": "x"}, access_token=token)["errcode"]


def test_a_stable_token_stays_until_five_minutes_before_its_end(platform: Simulator):
    first = platform.call("/cgi-bin/stable_token", PLAIN)
    assert platform.call("/cgi-bin/stable_token", PLAIN)["access_token"] == first["access_token"]
    platform.advance(6895)
    same = platform.call("/cgi-bin/stable_token", PLAIN)
    assert same["access_token"] == first["access_token"]
    assert 300 < same["expires_in"] <= 305
    platform.advance(10)
    new = platform.call("/cgi-bin/stable_token", PLAIN)["access_token"]
    assert new != first["access_token"]
    assert [opens(platform, token) for token in (first["access_token"], new)] == [40029, 40029]
    platform.advance(300)
    assert [opens(platform, token) for token in (first["access_token"], new)] == [42001, 40029]


def test_a_forced_refresh_ends_the_old_one_and_is_rationed(platform: Simulator):
    old = platform.call("/cgi-bin/stable_token", PLAIN)["access_token"]
    forced = {**PLAIN, "force_refresh": True}
    new = platform.call("/cgi-bin/stable_token", forced)["access_token"]
    assert [opens(platform, token) for token in (old, new)] == [40001, 40029]
    assert platform.call("/cgi-bin/stable_token", forced)["errcode"] == 45009
    for _ in range(19):
        platform.advance(31)
        assert "access_token" in platform.call("/cgi-bin/stable_token", forced)
    platform.advance(31)
    assert platform.call("/cgi-bin/stable_token", forced)["errcode"] == 45009


def test_a_plain_token_ends_the_one_before_but_not_the_stable_one(platform: Simulator):
    platform.seed(token_mode="grace")
    stable = platform.call("/cgi-bin/stable_token", PLAIN)["access_token"]
    old, new = (platform.call("/cgi-bin/token", **PLAIN)["access_token"] for _ in range(2))
    platform.advance(301)
    assert [opens(platform, token) for token in (stable, old, new)] == [40029, 42001, 40029]


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [({"grant_type": "x"}, 40002), ({"appid": "wx-none"}, 40013), ({"secret": "x"}, 40125), ({"secret": ""}, 41004)],
)
def test_a_token_is_refused(platform: Simulator, changes: dict, errcode: int):
    assert platform.call("/cgi-bin/token", **PLAIN | changes)["errcode"] == errcode
    assert platform.call("/cgi-bin/stable_token", PLAIN | changes)["errcode"] == errcode


def test_a_strange_address_is_not_in_the_whitelist(platform: Simulator):
    program = {"app_id": "wx-mini", "kind": "mini_program", "secret": "mini-secret", "trusted_ips": []}
    platform.seed(accounts=[program])
    answer = platform.call("/cgi-bin/stable_token", PLAIN)
    assert answer["errcode"] == 40164
    assert answer["errmsg"].startswith("invalid ip 127.0.0.1, not in whitelist rid: ")


def test_tokens_can_die_before_their_time(platform: Simulator, wecom):
    assert wecom(USERINFO, code="x")["errcode"] == 40029
    platform.revoke_tokens(corp_id="ww-waiqin", agent_id=1000003)
    assert wecom(USERINFO, code="x")["errcode"] == 40029
    platform.revoke_tokens()
    assert wecom(USERINFO, code="x")["errcode"] == 40014


AUTHORIZE = {
    "appid": "ww-waiqin",
    "redirect_uri": "https://h5.example.com:8443/login?a=1",
    "response_type": "code",
    "scope": "snsapi_privateinfo",
    "agentid": "1000002",
    "state": "abc123",
}


def visit(platform: Simulator, path: str = "/connect/oauth2/authorize", **query: str) -> tuple[int, str, str]:
    """Status, page and where it leads."""
    connection = http.client.HTTPConnection(platform.url.removeprefix("http://"), timeout=30)
    try:
        connection.request("GET", f"{path}?{urlencode(query)}")
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers.get("Location", "")
    finally:
        connection.close()


def test_the_login_page_leads_back_with_a_code(platform: Simulator, wecom):
    status, page, _ = visit(platform, **AUTHORIZE)
    assert status == 200
    assert all(name in page for name in ("李雷", "韩梅梅", "王芳"))
    status, _, location = visit(platform, **AUTHORIZE, sim_user="LiLei")
    assert status == 302
    assert location.startswith("https://h5.example.com:8443/login?a=1&")
    back = parse_qs(urlsplit(location).query)
    assert back["state"] == ["abc123"]
    answer = wecom(USERINFO, code=back["code"][0])
    assert answer["userid"] == "LiLei"
    assert "user_ticket" in answer


def test_a_stranger_can_choose_himself(platform: Simulator, wecom):
    _, _, location = visit(platform, **AUTHORIZE, sim_user="?stranger")
    assert "external_userid" in wecom(USERINFO, code=parse_qs(urlsplit(location).query)["code"][0])


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"redirect_uri": "https://h5.example.com/login"}, 50001),  # without the port it is another domain
        ({"redirect_uri": "https://evil.example.com:8443/"}, 50001),
        ({"redirect_uri": "javascript:alert(1)"}, 50001),
        ({"redirect_uri": ""}, 50001),
        ({"agentid": "1000003"}, 50001),
        ({"agentid": "9"}, 40056),
        ({"agentid": None}, 41011),
        ({"appid": "ww-none"}, 40013),
        ({"scope": "snsapi_login"}, 40058),
        ({"response_type": "token"}, 40058),
        ({"state": "a b"}, 40058),
        ({"state": "a" * 129}, 40058),
        ({"sim_user": "nobody"}, 60111),
        ({"appid": "wx-mini"}, 40013),
        ({"appid": "wx-oa", "redirect_uri": "https://h5.example.com:8443/"}, 40058),
    ],
)
def test_the_login_page_leads_nowhere_else(platform: Simulator, changes: dict, errcode: int):
    asked = {"sim_user": "LiLei"} | AUTHORIZE | changes
    query = {name: value for name, value in asked.items() if value is not None}
    status, page, location = visit(platform, **query)
    assert (status, location) == (200, "")
    assert f"errcode {errcode}" in page


def test_an_official_account_has_the_page_too(platform: Simulator):
    asked = {"appid": "wx-oa", "redirect_uri": "https://h5.example.com/", "scope": "snsapi_base", "sim_user": "Chan"}
    _, _, location = visit(platform, **AUTHORIZE | asked)
    code = parse_qs(urlsplit(location).query)["code"][0]
    given = {"appid": "wx-oa", "secret": "oa-secret", "grant_type": "authorization_code", "code": code}
    assert platform.call("/sns/oauth2/access_token", **given)["scope"] == "snsapi_base"

"""Messages in WeChat: the values are checked here as the platform checks them, and arrive."""

import pytest

from backend.core.actor import Actor
from backend.directory.services import people
from backend.wechat import mini_program, notices, official_account
from backend.wechat.errors import BadPayload, Configuration, NoConsent, Transient, Unreachable
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.simulators import Simulator

SUBSCRIBE, TEMPLATE = "/cgi-bin/message/subscribe/send", "/cgi-bin/message/template/send"
MINI, ACCOUNT = "wx-waiqin", "wx-account"
SECRET = "s3cret-of-an-account"
TEXT = "审批结果\n{{thing1.DATA}} {{phrase2.DATA}}"
VALUES = {"thing1": "李雷的报销单", "phrase2": "已同意"}


@pytest.fixture
def world(platform: Simulator, settings, db) -> dict[str, App]:
    settings.WECHAT_API_BASE = platform.url
    accounts = [
        {"app_id": MINI, "kind": "mini_program", "secret": SECRET, "templates": {"T1": TEXT}},
        {"app_id": ACCOUNT, "kind": "official_account", "secret": SECRET, "templates": {"T1": TEXT}},
    ]
    platform.seed(accounts=accounts, people=[{"name": "lilei", "follows": [ACCOUNT]}])
    actor = Actor.system(people.found_company(code="waiqin", name="外勤公司").pk)
    kinds = {"mini_program": MINI, "official_account": ACCOUNT}
    return {
        kind: apps.configure_app(actor=actor, kind=kind, platform_id=app_id, secret=SECRET)
        for kind, app_id in kinds.items()
    }


GOOD = [
    ("thing1", "二十个字以内的任何内容都可以"),
    ("number1", "12.50"),
    ("number1", "9" * 32),
    ("letter1", "ABC"),
    ("symbol1", "!!"),
    ("character_string1", "SO-2026/001"),
    ("time1", "15:01"),
    ("time1", "2026年11月25日 15:01"),
    ("time1", "2026年11月25日 15:01~2026年11月26日 15:01"),
    ("date1", "2026年11月25日"),
    ("date1", "2026年11月25日 15:01"),
    ("amount1", "¥1200.00"),
    ("amount1", "1200元"),
    ("phone_number1", "+86-766-66888866"),
    ("car_number1", "粤A8Z888挂"),
    ("name1", "李雷"),
    ("name1", "Li Lei"),
    ("phrase1", "已同意"),
    ("enum1", "高"),
]
BAD = [
    ("thing1", "字" * 21),
    ("thing1", ""),
    ("thing1", " "),
    ("thing1", "一\n二"),
    ("number1", "十二"),
    ("number1", "9" * 33),
    ("letter1", "甲"),
    ("symbol1", "ab"),
    ("symbol1", "!!!!!!"),
    ("character_string1", "中文"),
    ("time1", "下午三点"),
    ("date1", "2026-11-25"),
    ("amount1", "12345678901"),
    ("phone_number1", "1" * 18),
    ("car_number1", "粤A8Z888挂车挂车"),
    ("name1", "李" * 11),
    ("phrase1", "13笔"),
    ("phrase1", "审批已经通过"),
]


@pytest.mark.parametrize(("key", "value"), GOOD + BAD)
def test_a_value_is_judged_as_the_platform_judges_it(world: dict[str, App], platform: Simulator, key: str, value: str):
    """Both ways: what passes here arrives, and what is refused here would have been refused there."""
    template = {"T2": f"{{{{{key}.DATA}}}}"}
    platform.seed(
        accounts=[{"app_id": ACCOUNT, "kind": "official_account", "secret": SECRET, "templates": template}],
        people=[{"name": "lilei", "follows": [ACCOUNT]}],
    )
    openid = platform.call("/__sim/follow", {"user": "lilei", "app_id": ACCOUNT})["openid"]
    client = official_account.client_for(world["official_account"])
    if (key, value) in GOOD:
        assert client.send_template(openid, "T2", {key: value}, dedupe_key="m1")
        return
    with pytest.raises(BadPayload, match=key) as error:
        client.send_template(openid, "T2", {key: value}, dedupe_key="m1")
    assert error.value.errcode == 47003
    assert platform.requests(TEMPLATE) == []
    token = platform.call(
        "/cgi-bin/stable_token", {"grant_type": "client_credential", "appid": ACCOUNT, "secret": SECRET}
    )["access_token"]
    body = {"touser": openid, "template_id": "T2", "data": {key: {"value": value}}}
    assert platform.call(f"{TEMPLATE}?access_token={token}", body)["errcode"] == 47003


@pytest.mark.parametrize("values", [{}, {"colour1": "x"}, {"thing": "x"}, {"thing1": "\ud800"}])
def test_what_is_no_value_is_refused(values: dict):
    with pytest.raises(BadPayload):
        notices.checked(values)


def test_one_consent_is_one_message(world: dict[str, App], platform: Simulator):
    openid = platform.subscribe("lilei", "T1", app_id=MINI)
    client = mini_program.client_for(world["mini_program"])
    assert client.send_subscribe(openid, "T1", VALUES)
    with pytest.raises(NoConsent):
        client.send_subscribe(openid, "T1", VALUES)
    [message] = platform.messages(openid)
    assert message["content"]["text"] == "审批结果\n李雷的报销单 已同意"


def test_who_refused_is_told_nothing(world: dict[str, App], platform: Simulator):
    openid = platform.subscribe("lilei", "T1", "reject", app_id=MINI)
    with pytest.raises(NoConsent):
        mini_program.client_for(world["mini_program"]).send_subscribe(openid, "T1", VALUES)


def test_an_answer_that_was_lost_may_have_spent_the_consent(world: dict[str, App], platform: Simulator):
    openid = platform.subscribe("lilei", "T1", app_id=MINI)
    platform.faults({"path": SUBSCRIBE, "after": True, "close": True})
    with pytest.raises(Transient):
        mini_program.client_for(world["mini_program"]).send_subscribe(openid, "T1", VALUES)
    assert len(platform.requests(SUBSCRIBE)) == len(platform.messages(openid)) == 1


def test_a_follower_hears_once_of_one_thing(world: dict[str, App], platform: Simulator):
    openid = platform.call("/__sim/follow", {"user": "lilei", "app_id": ACCOUNT})["openid"]
    client = official_account.client_for(world["official_account"])
    platform.faults({"path": TEMPLATE, "after": True, "close": True})
    with pytest.raises(Transient):
        client.send_template(openid, "T1", VALUES, url="https://h5.example.com/", dedupe_key="m1")
    assert client.send_template(openid, "T1", VALUES, url="https://h5.example.com/", dedupe_key="m1")
    assert len(platform.messages(openid)) == 1
    client.send_template(openid, "T1", VALUES, mini_program=(MINI, "pages/index"), dedupe_key="m2")
    assert len(platform.messages(openid)) == 2


def test_a_stranger_is_not_reached(world: dict[str, App], platform: Simulator):
    client = official_account.client_for(world["official_account"])
    with pytest.raises(Unreachable):
        client.send_template("nobody", "T1", VALUES, dedupe_key="m1")


def test_a_client_speaks_only_for_its_kind(world: dict[str, App]):
    with pytest.raises(Configuration):
        official_account.client_for(world["mini_program"])
    with pytest.raises(Configuration):
        mini_program.client_for(world["official_account"])

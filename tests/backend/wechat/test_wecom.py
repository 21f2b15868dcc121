import json
import logging
import socket

import pytest

from backend.events import owed
from backend.wechat import tokens, transport, wecom
from backend.wechat.errors import (
    BadPayload,
    Configuration,
    Permanent,
    PlatformError,
    Transient,
    Unanswered,
    Unreachable,
)
from backend.wechat.models import App
from tests.backend.wechat.conftest import SECRET
from tests.simulators import Simulator

SEND = "/cgi-bin/message/send"
URL = "https://h5.example.com/#/approvals/1?from=wecom"


def card(app: App, to: list[str] | None = None, key: str = "m1", **changes: str) -> wecom.SendResult:
    values = {"title": "待您审批", "description": "李雷的报销单", "url": URL} | changes
    return wecom.client_for(app).send_textcard(to or ["LiLei"], dedupe_key=key, **values)


def test_a_card_arrives_as_written(platform: Simulator, app: App):
    result = card(app)
    [message] = platform.messages("lilei")
    assert message["content"] == {"title": "待您审批", "description": "李雷的报销单", "url": URL, "btntxt": "详情"}
    assert (message["msgid"], message["agent_id"]) == (result.msgid, 1000002)
    assert result.invalid_users == ()


def test_a_text_arrives_as_written(platform: Simulator, app: App):
    send_text(app, "第一行\n1 < 2 & 3")
    [message] = platform.messages("LiLei")
    assert message["content"] == {"content": "第一行\n1 < 2 & 3"}


def send_text(app: App, content: str) -> wecom.SendResult:
    return wecom.client_for(app).send_text(["LiLei"], content, dedupe_key="m1")


def test_who_cannot_be_reached_is_named_as_the_caller_spelt_him(platform: Simulator, app: App):
    result = card(app, ["LiLei", "NoBody", "wangfang"])  # the platform answers in lower case
    assert result.invalid_users == ("NoBody", "wangfang")
    assert len(platform.messages()) == 1


def test_a_member_without_a_licence_is_not_reached(platform: Simulator, app: App):
    corp = {"corp_id": "ww-waiqin", "apps": [{"agent_id": 1000002, "secret": SECRET}]}
    platform.seed({**corp, "users": [{"user_id": "a"}, {"user_id": "B", "licensed": False}]})
    assert card(app, ["a", "B"]).invalid_users == ("B",)


def test_nobody_reached_is_a_permanent_failure(platform: Simulator, app: App):
    with pytest.raises(Unreachable) as error:
        card(app, ["nobody", "wangfang"])
    assert error.value.errcode == 81013
    assert isinstance(error.value, owed.PermanentFailure)


@pytest.mark.parametrize("name", ["@all", "LiLei|hanmeimei", "", "李雷", "a" * 65])
def test_a_name_that_is_no_user_id_never_reaches_the_platform(platform: Simulator, app: App, name: str):
    assert card(app, ["LiLei", name]).invalid_users == (name,)
    assert [message["user"] for message in platform.messages()] == ["LiLei"]
    with pytest.raises(Unreachable):
        card(app, [name])
    assert len(platform.requests(SEND)) == 1


def test_more_receivers_than_allowed_are_refused_before_the_call(platform: Simulator, app: App):
    with pytest.raises(Permanent):
        card(app, [f"u{number}" for number in range(1001)])
    assert platform.requests() == []


def test_long_chinese_is_cut_within_the_limits_in_bytes(platform: Simulator, app: App):
    card(app, title="审" * 200, description="批<>\n" * 200)
    content = platform.messages("LiLei")[0]["content"]
    assert 125 < len(content["title"].encode()) <= 128
    assert 500 < len(content["description"].encode()) <= 512
    assert content["title"].endswith("审…")


def test_a_long_text_is_cut_within_the_limit_in_bytes(platform: Simulator, app: App):
    send_text(app, "茶" * 1000)
    content = platform.messages("LiLei")[0]["content"]["content"]
    assert 2045 < len(content.encode()) <= 2048


def test_what_people_wrote_is_neither_markup_nor_control(platform: Simulator, app: App):
    card(app, title="一\n二\x00", description='<a href="http://evil">点我</a>\x07\n第二行')
    content = platform.messages("LiLei")[0]["content"]
    assert content["title"] == "一 二"
    assert content["description"] == '&lt;a href="http://evil"&gt;点我&lt;/a&gt;<br>第二行'
    send_text(app, '<a href="http://evil">点我</a>')
    assert platform.messages("LiLei")[1]["content"]["content"] == '＜a href="http://evil">点我＜/a>'


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://", "https://x/\n", f"https://x/{'a' * 2048}"])
def test_a_bad_address_is_refused_before_the_call(platform: Simulator, app: App, url: str):
    with pytest.raises(Permanent):
        card(app, url=url)
    assert platform.requests() == []


def test_a_lost_reply_is_sent_again_and_delivered_once(platform: Simulator, app: App):
    platform.faults({"path": SEND, "after": True, "close": True})
    with pytest.raises(Transient):
        card(app)
    assert len(platform.messages("LiLei")) == 1
    result = card(app)
    assert [message["msgid"] for message in platform.messages("LiLei")] == [result.msgid]
    assert len(platform.requests(SEND)) == 2


def test_the_key_and_not_the_words_makes_a_message_another(platform: Simulator, app: App):
    card(app, key="first")
    card(app, key="first")
    card(app, key="second")
    assert len(platform.messages("LiLei")) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502, "html": True},
        {"status": 429},
        {"html": True},
        {"body": ""},
        {"body": '{"errcode": 0, "err'},
        {"body": "[]"},
        {"body": '{"errcode": null}'},
        {"body": "[" * 100_000},
        {"close": True},
        {"errcode": -1},
        {"errcode": 45009},
        {"errcode": 45033},
    ],
    ids=lambda fault: "-".join(f"{name}={value}"[:24] for name, value in fault.items()),
)
def test_trouble_that_passes_is_transient_and_not_tried_again_here(platform: Simulator, app: App, fault: dict):
    platform.faults({"path": SEND, **fault})
    with pytest.raises(Transient) as error:
        card(app)
    assert_tells_no_secret(error.value, app)
    assert len(platform.requests(SEND)) == 1
    assert platform.messages() == []
    assert card(app).invalid_users == ()


def assert_tells_no_secret(error: PlatformError, app: App) -> None:
    assert tokens.current(app) not in repr(error)
    assert SECRET not in repr(error)
    assert error.__cause__ is error.__context__ is None


@pytest.mark.parametrize(
    ("errcode", "family"),
    [
        (40056, Configuration),
        (48002, Configuration),
        (60020, Configuration),
        (301002, Configuration),
        (60011, Unreachable),
        (81013, Unreachable),
        (45002, BadPayload),
        (40058, BadPayload),
        (999999, Permanent),
    ],
)
def test_each_errcode_has_its_family(platform: Simulator, app: App, errcode: int, family: type[PlatformError]):
    platform.faults({"path": SEND, "errcode": errcode})
    with pytest.raises(family) as error:
        card(app)
    assert type(error.value) is family
    assert error.value.errcode == errcode
    assert len(platform.requests(SEND)) == 1


def test_an_errcode_in_quotes_counts(platform: Simulator, app: App):
    platform.faults({"path": SEND, "body": '{"errcode": "81013", "errmsg": "bell \\u0007 \x07"}'})
    with pytest.raises(Unreachable):
        card(app)


def test_a_token_in_the_platforms_own_words_is_taken_out(platform: Simulator, app: App):
    token = tokens.current(app)
    platform.faults({"path": SEND, "errcode": 40058, "errmsg": f"strange {token} there"})
    with pytest.raises(Permanent) as error:
        card(app)
    assert "strange *** there" in str(error.value)
    assert_tells_no_secret(error.value, app)


def test_a_redirect_is_not_followed(platform: Simulator, app: App):
    target = "/cgi-bin/elsewhere"
    platform.faults({"path": SEND, "status": 307, "headers": {"Location": platform.url + target}})
    with pytest.raises(Configuration, match="307"):
        card(app)
    assert platform.requests(target) == []


def test_a_slow_answer_ends(platform: Simulator, app: App, monkeypatch):
    tokens.current(app)
    monkeypatch.setattr(transport, "READ_S", 0.2)
    platform.faults({"path": SEND, "delay": 60})
    with pytest.raises(Transient, match="ReadTimeout") as error:
        card(app)
    assert_tells_no_secret(error.value, app)


def test_an_answer_that_trickles_ends(platform: Simulator, app: App, monkeypatch):
    tokens.current(app)
    monkeypatch.setattr(transport, "DEADLINE_S", 0.5)
    platform.faults({"path": SEND, "trickle": 0.1, "count": None})
    with pytest.raises(Unanswered, match="Timeout"):
        card(app)


def test_an_answer_without_end_is_not_read_to_its_end(platform: Simulator, app: App):
    platform.faults({"path": SEND, "body": json.dumps({"errcode": 0, "pad": "x" * transport.MAX_ANSWER_BYTES})})
    with pytest.raises(Transient):
        card(app)


def test_nobody_listening_is_transient_and_tells_no_secret(app: App, settings):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings.WECOM_API_BASE = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Transient, match="ConnectionError") as error:
        card(app)
    assert SECRET not in repr(error.value)
    assert error.value.__cause__ is error.value.__context__ is None


@pytest.mark.parametrize("base", ["", "qyapi.weixin.qq.com", "ftp://x", "https://u:p@x", "https://x?a=b", "https:///p"])
def test_a_base_that_is_no_address_is_for_a_person_to_mend(app: App, settings, base: str):
    settings.WECOM_API_BASE = base
    with pytest.raises(Configuration, match="WECOM_API_BASE"):
        card(app)


@pytest.mark.parametrize("path", ["https://evil.example/cgi-bin/x", "//evil.example/x", "../x", "x?y", "media/get/"])
def test_only_the_configured_host_is_called(platform: Simulator, path: str):
    with pytest.raises(Configuration, match="WECOM_API_BASE"):
        transport.call("GET", path, base=transport.WECOM, params={})
    assert platform.requests() == []


def test_the_environments_proxy_is_not_asked_for_this_machine(platform: Simulator, app: App, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert card(app).invalid_users == ()


def test_wechatpys_other_methods_work_on_our_transport(platform: Simulator, app: App):
    platform.faults({"path": "/cgi-bin/user/get", "body": '{"errcode": 0, "userid": "LiLei"}'})
    assert wecom.client_for(app)._api.user.get("LiLei")["userid"] == "LiLei"
    [request] = platform.requests("/cgi-bin/user/get")
    assert request["query"]["userid"] == "LiLei"


def test_wechatpys_own_way_to_the_network_is_closed(app: App):
    with pytest.raises(AttributeError):
        wecom.client_for(app)._api.fetch_access_token()


def test_logs_hold_neither_secret_nor_token(platform: Simulator, app: App, caplog):
    caplog.set_level(logging.DEBUG)
    card(app)
    assert tokens.current(app) not in caplog.text
    assert SECRET not in caplog.text

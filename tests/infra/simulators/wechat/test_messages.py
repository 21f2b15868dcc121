"""The stand-in itself: as strict as the documents it was written from."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.simulators.wechat.recent import Recent
from tests.infra.simulators.wechat.conftest import CORP, GETTOKEN, SECRET
from tests.simulators import ROOT, Simulator

SEND = "/cgi-bin/message/send"
TEXT = {"touser": "LiLei", "agentid": 1000002, "msgtype": "text", "text": {"content": "您好"}}
CARD = {"title": "标题", "description": "内容", "url": "https://h5.example.com"}
BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "t-1",
    "main_title": {"title": "待您审批"},
    "horizontal_content_list": [{"keyname": "金额", "value": "1200.00"}],
    "card_action": {"type": 1, "url": "https://h5.example.com"},
    "button_list": [{"text": "同意", "key": "approve"}, {"text": "驳回", "key": "reject"}],
}


@pytest.fixture
def send(platform: Simulator):
    """`send(touser=…)` sends a good text with these changes (None leaves a field out); the answer."""
    token = platform.call(GETTOKEN)["access_token"]

    def send(**changes: Any) -> Any:
        body = {name: value for name, value in (TEXT | changes).items() if value is not None}
        return platform.call(f"{SEND}?access_token={token}", body)

    return send


def test_it_shares_nothing_with_the_client_it_tests():
    script = (
        "import sys, infra.simulators.wechat.__main__ as main\n"
        "shared = {'backend', 'mobile_api', 'notifications', 'wechatpy', 'django', 'requests', 'xmltodict'}\n"
        "sys.exit(bool(shared & {name.split('.')[0] for name in sys.modules}))"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ("", 41002),
        ("?corpid=ww-waiqin", 41004),
        (f"?corpid=nobody&corpsecret={SECRET}", 40013),
        ("?corpid=ww-waiqin&corpsecret=wrong", 40001),
        (f"?corpid=ww-other&corpsecret={SECRET}", 40091),
    ],
)
def test_gettoken_refuses(platform: Simulator, query: str, errcode: int):
    platform.seed({"corp_id": "ww-other"})
    answer = platform.call(f"/cgi-bin/gettoken{query}")
    assert answer["errcode"] == errcode
    assert (
        f"from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e={errcode}"
        in answer["errmsg"]
    )


@pytest.mark.parametrize(
    ("mode", "old_lives_s", "same"), [("rotate", -1, False), ("grace", 300, False), ("same", 7200, True)]
)
def test_the_modes_of_tokens(platform: Simulator, mode: str, old_lives_s: int, same: bool):
    platform.seed(token_mode=mode)
    old, new = (platform.call(GETTOKEN)["access_token"] for _ in range(2))
    assert (old == new) is same
    with_old = f"{SEND}?access_token={old}"
    if old_lives_s > 0:
        platform.advance(old_lives_s - 5)
        assert platform.call(with_old, TEXT)["errcode"] == 0
        platform.advance(10)
        assert platform.call(with_old, TEXT)["errcode"] == 42001
    else:
        assert platform.call(with_old, TEXT)["errcode"] == 40014


def test_a_token_is_needed_and_ends_after_two_hours(platform: Simulator):
    token = platform.call(GETTOKEN)["access_token"]
    assert platform.call(SEND, TEXT)["errcode"] == 41001
    assert platform.call(f"{SEND}?access_token=x", TEXT)["errcode"] == 40014
    platform.advance(7190)
    assert platform.call(f"{SEND}?access_token={token}", TEXT)["errcode"] == 0
    platform.advance(10)
    assert platform.call(f"{SEND}?access_token={token}", TEXT)["errcode"] == 42001


def test_a_call_from_a_strange_address_is_refused(platform: Simulator):
    app = {"agent_id": 1000002, "secret": SECRET, "trusted_ips": ["203.0.113.7"]}
    platform.seed({"corp_id": "ww-waiqin", "apps": [app]})
    assert platform.call(GETTOKEN)["errcode"] == 60020


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({}, 0),
        ({"agentid": None}, 41011),
        ({"agentid": "1000002"}, 40056),
        ({"agentid": 1}, 40056),
        ({"agentid": 1000003}, 301002),
        ({"touser": None}, 82001),
        ({"touser": "|"}, 82001),
        ({"touser": ["LiLei"]}, 40058),
        ({"touser": "|".join(f"u{number}" for number in range(1001))}, 40032),
        ({"toparty": "|".join(map(str, range(101)))}, 40058),
        ({"touser": "nobody"}, 81013),
        ({"touser": "wangfang"}, 81013),  # outside the app's visible range
        ({"msgtype": None}, 40008),
        ({"msgtype": "telegram"}, 40008),
        ({"msgtype": ["text"]}, 40008),
        ({"text": None}, 40058),
        ({"text": {}}, 44004),
        ({"text": {"content": 1}}, 40058),
        ({"text": {"content": "茶" * 682 + "ab"}}, 0),
        ({"text": {"content": "茶" * 682 + "abc"}}, 45002),
        ({"text": {"content": "\x07"}}, 40033),
        ({"text": {"content": "\ud800"}}, 40033),
        ({"text": {"content": "一\n二\t三"}}, 0),
        ({"safe": 2}, 40058),
        ({"safe": True}, 40058),
        ({"enable_id_trans": "1"}, 40058),
        ({"enable_duplicate_check": 2}, 40058),
        ({"duplicate_check_interval": 0}, 40058),
        ({"duplicate_check_interval": 14_401}, 40058),
        ({"msgtype": "markdown", "markdown": {"content": "**粗**"}}, 0),
        ({"msgtype": "markdown", "markdown": {"content": "x" * 2049}}, 45002),
        ({"msgtype": "textcard", "textcard": CARD}, 0),
        ({"msgtype": "textcard", "textcard": CARD | {"title": ""}}, 41016),
        ({"msgtype": "textcard", "textcard": CARD | {"title": "x" * 129}}, 45002),
        ({"msgtype": "textcard", "textcard": CARD | {"description": None}}, 41033),
        ({"msgtype": "textcard", "textcard": CARD | {"description": "x" * 513}}, 45002),
        ({"msgtype": "textcard", "textcard": CARD | {"url": ""}}, 41010),
        ({"msgtype": "textcard", "textcard": CARD | {"url": "h5.example.com"}}, 45034),
        ({"msgtype": "textcard", "textcard": CARD | {"url": "https://" + "x" * 2048}}, 40039),
        ({"msgtype": "textcard", "textcard": CARD | {"btntxt": "查看详情吧"}}, 45002),
    ],
)
def test_a_message_is_checked_field_by_field(platform: Simulator, send, changes: dict, errcode: int):
    assert send(**changes)["errcode"] == errcode
    assert len(platform.messages()) == (errcode == 0)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null", b'{"safe": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(platform: Simulator, body: bytes):
    token = platform.call(GETTOKEN)["access_token"]
    assert platform.call(f"{SEND}?access_token={token}", body)["errcode"] == 40058


def test_the_wrong_method_and_the_unknown_path_are_refused(platform: Simulator):
    assert platform.call(SEND)["errcode"] == 40058
    assert platform.call("/cgi-bin/unheard/of")["errcode"] == 404


def test_receivers_come_from_users_parties_and_tags(platform: Simulator, send):
    answer = send(touser="LILEI|NoBody", toparty="2|9", totag="7|8")
    assert (answer["invaliduser"], answer["invalidparty"], answer["invalidtag"]) == ("nobody", "9", "8")
    assert {message["user"] for message in platform.messages()} == {"LiLei", "hanmeimei"}
    send(touser="@all")
    assert len(platform.messages()) == 4  # 王芳 does not see this app


def test_the_same_request_is_delivered_once_within_the_interval(platform: Simulator, send):
    checked = {"enable_duplicate_check": 1, "duplicate_check_interval": 60}
    first = send(**checked)
    assert send(**checked) == first
    send(**checked, safe=1)
    assert len(platform.messages()) == 2
    platform.advance(60)
    assert send(**checked)["msgid"] != first["msgid"]
    assert len(platform.messages()) == 3


def test_without_the_check_it_is_delivered_again(platform: Simulator, send):
    send()
    send()
    assert len(platform.messages()) == 2


def test_beyond_thirty_a_minute_a_members_messages_vanish(platform: Simulator, send):
    for number in range(31):
        assert send(text={"content": str(number)})["errcode"] == 0
    assert len(platform.messages("LiLei")) == 30
    send(touser="hanmeimei")
    platform.advance(61)
    send()
    assert len(platform.messages("LiLei")) == 31
    assert len(platform.messages("hanmeimei")) == 1


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({}, 0),
        ({"card_type": "poster"}, 42031),
        ({"task_id": None}, 42014),
        ({"task_id": "任务"}, 42014),
        ({"task_id": "t" * 129}, 42014),
        ({"main_title": {}}, 42033),
        ({"main_title": "x"}, 40058),
        ({"horizontal_content_list": [{"value": "1"}]}, 42027),
        ({"horizontal_content_list": [{"keyname": "a", "type": 1}]}, 42028),
        ({"horizontal_content_list": [{"keyname": "a", "type": 3}]}, 42050),
        ({"horizontal_content_list": [{"keyname": "a", "type": 9}]}, 40058),
        ({"horizontal_content_list": [{"keyname": "a"}] * 7}, 42035),
        ({"card_action": {"type": 9}}, 42045),
        ({"card_action": {"type": 1}}, 42028),
        ({"card_action": {"type": 2}}, 42030),
        ({"jump_list": [{"title": "a"}] * 4}, 42042),
        ({"jump_list": [{}]}, 42033),
        ({"button_list": None}, 42038),
        ({"button_list": [{"key": "k"}]}, 42038),
        ({"button_list": [{"text": "t"}]}, 42039),
        ({"button_list": [{"text": "t", "key": "k"}] * 2}, 42039),
        ({"button_list": [{"text": "t", "type": 1}]}, 42028),
        ({"button_selection": {"option_list": [{"id": "1", "text": "t"}]}}, 42043),
        ({"button_selection": {"question_key": "q", "option_list": []}}, 42037),
        ({"button_selection": {"question_key": "q", "option_list": [{"text": "t"}]}}, 42040),
        ({"button_selection": {"question_key": "q", "option_list": [{"id": "1"}]}}, 42041),
        ({"action_menu": {"action_list": [{"text": "t", "key": "k"}] * 2}}, 42051),
        ({"card_type": "text_notice", "card_action": None}, 42045),
        ({"card_type": "text_notice"}, 0),
        ({"card_type": "news_notice"}, 42044),
        ({"card_type": "vote_interaction"}, 42043),
        ({"card_type": "multiple_interaction"}, 42047),
    ],
)
def test_a_template_card_is_checked_part_by_part(platform: Simulator, send, changes: dict, errcode: int):
    card = {name: value for name, value in (BUTTONS | changes).items() if value is not None}
    answer = send(msgtype="template_card", template_card=card)
    assert answer["errcode"] == errcode
    updatable = errcode == 0 and card["card_type"] != "text_notice"
    assert ("response_code" in answer) is updatable


def test_a_task_id_is_used_once(send):
    assert send(msgtype="template_card", template_card=BUTTONS)["errcode"] == 0
    assert send(msgtype="template_card", template_card=BUTTONS)["errcode"] == 42014


def test_a_fault_strikes_as_often_as_it_says(platform: Simulator, send):
    platform.faults({"path": SEND, "errcode": -1, "count": 2})
    assert [send()["errcode"] for _ in range(3)] == [-1, -1, 0]
    assert [request["fault"] for request in platform.requests(SEND)] == [True, True, False]
    platform.faults({"path": "*", "errcode": -1, "count": None, "probability": 0.5})
    assert {send()["errcode"] for _ in range(30)} == {-1, 0}


def test_a_delayed_call_does_not_outlive_its_scenario(platform: Simulator):
    token = platform.call(GETTOKEN)["access_token"]
    platform.faults({"path": SEND, "delay": 60})
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(platform.call, f"{SEND}?access_token={token}", TEXT)
        while not platform.requests(SEND):
            assert not late.done()
        platform.reset()
        with pytest.raises(OSError, match="closed"):
            late.result(timeout=30)
    assert platform.requests() == platform.messages() == []


def test_a_burst_of_callers_is_answered(platform: Simulator):
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: platform.call("/cgi-bin/gettoken")["errcode"], range(200)))
    assert answers == [41002] * 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/__sim/seed", {"corps": [{"name": "no id"}]}),
        ("/__sim/seed", {"corps": 5}),
        ("/__sim/seed", {"corps": [{"corp_id": "x", "apps": [{"agent_id": "1", "secret": "s"}]}]}),
        ("/__sim/seed", {"token_mode": "forever"}),
        ("/__sim/seed", []),
        ("/__sim/clock", {"advance": "soon"}),
        ("/__sim/faults", {"path": SEND}),
        ("/__sim/faults", {"faults": [{"path": SEND, "sometimes": True}]}),
        ("/__sim/unheard", {}),
        ("/__sim/seed", b"{"),
    ],
)
def test_a_wrong_control_call_is_told_so(platform: Simulator, path: str, body: Any):
    assert platform.call(path, body)["error"]


def test_a_seed_file_is_there_at_start_and_after_a_reset(tmp_path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"corps": [CORP]}), "utf-8")
    command = [sys.executable, "-m", "infra.simulators.wechat", "--port", "0", "--seed", str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            simulator = Simulator(process.stdout.readline().split()[1])
            simulator.reset()
            assert simulator.call(GETTOKEN)["errcode"] == 0
        finally:
            process.terminate()


def test_memory_is_bounded():
    recent: Recent[int, int] = Recent(3)
    for number in range(10):
        recent[number] = number
    assert list(recent) == [7, 8, 9]

"""The platform calls the app: encrypted, three times if need be, written down, and wrong in every way there is."""

import time
from xml.etree import ElementTree

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from infra.simulators.wechat.callbacks.forgery import KINDS
from tests.infra.simulators.wechat.conftest import AES_KEY, TOKEN, Listener
from tests.simulators import Simulator

CRYPTO = WeChatCrypto(TOKEN, AES_KEY, "ww-waiqin")


def fields(text: str) -> dict[str, str]:
    return {child.tag: child.text or "" for child in ElementTree.fromstring(text)}


def test_a_change_of_the_directory_is_told_to_the_assistant(platform: Simulator, told: Listener, wecom):
    data = {"user_id": "xiaoming", "name": "小明", "departments": [1, 2], "mobile": "13900000009"}
    [callback] = platform.contact_event("create_user", data)
    assert callback["outcome"] == "ok"
    assert [attempt["status"] for attempt in callback["attempts"]] == [200]
    [text] = told.texts()
    assert fields(text) | {"CreateTime": ""} == {
        "ToUserName": "ww-waiqin",
        "FromUserName": "sys",
        "CreateTime": "",
        "MsgType": "event",
        "Event": "change_contact",
        "ChangeType": "create_user",
        "UserID": "xiaoming",
        "Department": "1,2",
    }
    assert "AgentID" not in fields(told.received[0][2].decode())
    assert wecom("/cgi-bin/user/get", secret="another-secret", userid="xiaoming")["name"] == "小明"


def test_an_old_address_is_told_everything(platform: Simulator, told: Listener):
    platform.contact_event("update_user", {"user_id": "LiLei", "position": "主管"}, form="full")
    told_of = fields(told.texts()[0])
    assert (told_of["Position"], told_of["Mobile"], told_of["IsLeaderInDept"]) == ("主管", "13900000001", "0")
    platform.contact_event("update_user", {"user_id": "LiLei"}, form="partial")
    assert "Department" not in fields(told.texts()[1])
    assert fields(told.texts()[1])["MainDepartment"] == "2"


@pytest.mark.parametrize(
    ("change", "data", "expected"),
    [
        ("update_user", {"user_id": "LiLei", "name": "李磊"}, None),
        ("update_user", {"user_id": "LiLei", "departments": [1]}, {"UserID": "LiLei", "Department": "1"}),
        ("update_user", {"user_id": "LiLei", "new_user_id": "Leo"}, {"UserID": "LiLei", "NewUserID": "Leo"}),
        ("delete_user", {"user_id": "lilei"}, {"UserID": "LiLei"}),
        ("create_party", {"id": 9, "name": "新部门"}, {"Id": "9", "ParentId": "1"}),
        ("update_party", {"id": 2, "name": "改名"}, None),
        ("update_tag", {"tag": 7, "add": ["LiLei"], "remove": ["hanmeimei"]}, {"TagId": "7", "AddUserItems": "LiLei"}),
    ],
)
def test_since_2022_only_ids_are_told(platform: Simulator, told: Listener, change: str, data: dict, expected):
    callbacks = platform.contact_event(change, data)
    assert len(callbacks) == len(told.received) == (expected is not None)
    if expected is not None:
        assert expected.items() <= fields(told.texts()[0]).items()
        assert not {"Name", "Mobile", "Position"} & fields(told.texts()[0]).keys()


@pytest.mark.parametrize(
    ("change", "data"),
    [
        ("create_user", {"user_id": "LiLei", "departments": [1]}),
        ("create_user", {"user_id": "x", "departments": [99]}),
        ("update_user", {"user_id": "nobody"}),
        ("update_user", {"user_id": "LiLei", "shoe_size": 43}),
        ("update_user", {"user_id": "LiLei", "new_user_id": "hanmeimei"}),
        ("delete_user", {"user_id": "nobody"}),
        ("delete_party", {"id": 2}),
        ("update_party", {"id": 1, "parentid": 2}),
        ("explode", {}),
    ],
)
def test_an_impossible_change_is_refused(platform: Simulator, told: Listener, change: str, data: dict):
    assert platform.call("/__sim/contact_event", {"change": change, "data": data})["error"]
    assert told.received == []


def test_a_moved_department_is_told(platform: Simulator, told: Listener):
    changes = [
        {"change": "create_party", "data": {"id": 5, "name": "五"}},
        {"change": "update_party", "data": {"id": 5, "parentid": 2}},
        {"change": "delete_party", "data": {"id": 5}},
    ]
    platform.contact_event(changes=changes, order="reversed")
    assert [fields(text)["ChangeType"] for text in told.texts()] == ["delete_party", "update_party", "create_party"]


def test_the_assistants_own_changes_are_not_told(platform: Simulator, told: Listener):
    assert platform.contact_event("delete_user", {"user_id": "LiLei"}, by_assistant=True) == []
    assert told.received == []


@pytest.mark.parametrize(
    ("rules", "statuses"), [({}, [500, 500, 500]), ({"retry_on_status": False}, [500]), ({"tries": 2}, [500, 500])]
)
def test_an_error_is_tried_three_times_unless_told_otherwise(
    platform: Simulator, told: Listener, rules: dict, statuses: list[int]
):
    platform.seed(callback_rules=rules)
    told.answer = lambda query, body: (500, b"")
    [callback] = platform.callback(agent_id=None, event={"Event": "hello"})
    assert [attempt["status"] for attempt in callback["attempts"]] == statuses
    assert callback["outcome"] == "HTTP 500"
    assert len({body for _, _, body in told.received}) == len(statuses)  # encrypted afresh
    assert len(set(told.texts())) == 1  # the same message
    assert platform.callbacks("hello") == [callback]


def test_silence_is_cut_off_and_tried_again(platform: Simulator, told: Listener):
    platform.seed(callback_rules={"timeout": 0.2, "retry_on_status": False})
    answers = iter([0.5, 0.0])

    def answer(query: dict, body: bytes) -> tuple[int, bytes]:
        time.sleep(next(answers))
        return 200, b""

    told.answer = answer
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"})
    assert [attempt["outcome"] for attempt in callback["attempts"]] == ["timeout", "ok"]


def test_nobody_listens(platform: Simulator, told: Listener):
    told.server.shutdown()
    told.server.server_close()
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"})
    assert [attempt["outcome"] for attempt in callback["attempts"]] == ["ConnectionRefusedError"] * 3


@pytest.mark.parametrize(
    "reply", [b"ok", b"<xml><a>1</a></xml>", b"success ", b"{}", CRYPTO.encrypt_message("x", "n", "1").encode()[:-5]]
)
def test_a_reply_that_is_none_is_a_failure(platform: Simulator, told: Listener, reply: bytes):
    told.answer = lambda query, body: (200, reply)
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"})
    assert callback["outcome"].startswith("bad reply")
    assert len(callback["attempts"]) == 1


def test_a_reply_with_a_wrong_signature_is_a_failure(platform: Simulator, told: Listener):
    other = WeChatCrypto("another-token", AES_KEY, "ww-waiqin")
    told.answer = lambda query, body: (200, other.encrypt_message("<xml/>", "n", "1").encode())
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"})
    assert callback["outcome"] == "bad reply: wrong signature"


def test_the_same_may_come_twice_or_at_once(platform: Simulator, told: Listener):
    platform.callback(agent_id=1000002, event={"Event": "a"}, trouble={"copies": 2})
    platform.callback(agent_id=1000002, event={"Event": "b"}, trouble={"copies": 8, "together": True, "delay": 0.1})
    assert len(told.texts()) == 10
    assert len(set(told.texts())) == 2


def test_a_burst_of_two_hundred_in_a_second(platform: Simulator, told: Listener):
    corp = {"corp_id": "ww-big", "generate": {"departments": 2, "members": 200}}
    platform.seed({**corp, "contacts": {"secret": "c", **told.settings}})
    changes = [
        {"change": "update_user", "data": {"user_id": f"m{number:05d}", "departments": [1 + (number + 1) % 2]}}
        for number in range(200)
        if number % 50 != 49
    ]
    began = time.monotonic()
    callbacks = platform.contact_event(corp_id="ww-big", changes=changes, together=True)
    assert time.monotonic() - began < 3
    assert [callback["outcome"] for callback in callbacks] == ["ok"] * 196
    assert len({fields(text)["UserID"] for text in told.texts("ww-big")}) == 196


@pytest.mark.parametrize("kind", KINDS)
def test_every_forgery_is_sent_once_and_differs_from_the_true_thing(platform: Simulator, told: Listener, kind: str):
    told.answer = lambda query, body: (400, b"")
    [callback] = platform.callback(agent_id=1000002, event={"Event": "hello"}, trouble={"forged": kind})
    assert [attempt["status"] for attempt in callback["attempts"]] == [400]
    assert len(told.received) == 1
    if kind in ("unknown_event", "stale", "malformed_inside", "dtd_inside", "empty_inside"):
        assert "hello" not in told.texts()[0] or kind in ("stale", "malformed_inside", "dtd_inside")
    elif kind != "not_utf8_inside":
        with pytest.raises(Exception):  # noqa: B017, PT011 - wechatpy fails in every way there is
            told.texts()


def test_wechatpy_finds_the_forged_signature(platform: Simulator, told: Listener):
    platform.callback(agent_id=1000002, event={"Event": "hello"}, trouble={"forged": "bad_signature"})
    with pytest.raises(InvalidSignatureException):
        told.texts()


def echo(query: dict[str, str], body: bytes) -> tuple[int, bytes]:
    try:
        plain = CRYPTO.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
    except InvalidSignatureException:
        return 403, b""
    return 200, plain.encode() if isinstance(plain, str) else plain


def test_an_address_is_verified(platform: Simulator, told: Listener):
    told.answer = echo
    for agent_id in (1000002, None):
        assert platform.verify_url(agent_id=agent_id)["ok"]
    assert not platform.verify_url(agent_id=1000002, forged=True)["ok"]
    told.answer = lambda query, body: (200, query["echostr"].encode())
    assert platform.verify_url(app_id="wx-mini")["ok"]


@pytest.mark.parametrize(
    ("spoil", "failure"),
    [
        (lambda plain: plain + b"\n", "not the exact plaintext"),
        (lambda plain: b'"' + plain + b'"', "not the exact plaintext"),
        (lambda plain: b"\xef\xbb\xbf" + plain, "not the exact plaintext"),
        (lambda plain: time.sleep(1.2) or plain, "timeout"),
    ],
)
def test_an_address_that_answers_otherwise_is_not(platform: Simulator, told: Listener, spoil, failure: str):
    told.answer = lambda query, body: (200, spoil(echo(query, body)[1]))
    answer = platform.verify_url(agent_id=1000002)
    assert (answer["ok"], answer["failure"]) == (False, failure)


@pytest.mark.parametrize(
    "body",
    [
        {"agent_id": 9},
        {"agent_id": 1000003},
        {"app_id": "wx-none"},
        {"agent_id": 1000002, "trouble": {"forged": "sideways"}},
        {"agent_id": 1000002, "trouble": {"colour": "red"}},
    ],
)
def test_a_callback_to_nowhere_is_refused(platform: Simulator, told: Listener, body: dict):
    assert platform.call("/__sim/callback", body)["error"]

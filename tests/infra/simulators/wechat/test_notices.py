"""Messages in WeChat: by consent to a mini-program, to the followers of an official account; and what is checked."""

import json
from io import BytesIO

import pytest
import requests
from PIL import Image
from wechatpy.crypto import WeChatCrypto

from infra.simulators.wechat import notice_rules
from infra.simulators.wechat.replies import ApiError
from tests.infra.simulators.wechat.conftest import ACCOUNTS, AES_KEY, TOKEN, Listener
from tests.simulators import Simulator

SUBSCRIBE, TEMPLATE = "/cgi-bin/message/subscribe/send", "/cgi-bin/message/template/send"
DATA = {"thing1": {"value": "李雷的报销"}, "amount2": {"value": "¥1200.00"}, "phrase3": {"value": "待审批"}}
ORDER = {"character_string1": {"value": "SO-1"}, "thing2": {"value": "北京超市"}}


@pytest.fixture
def openid(platform: Simulator) -> str:
    """Li Lei's, who wants one message."""
    return platform.subscribe("李雷", "tpl-approval", app_id="wx-mini")


@pytest.fixture
def notice(weixin, openid: str):
    def send(**changes: object) -> dict:
        body = {"touser": openid, "template_id": "tpl-approval", "page": "pages/approval?id=1", "data": DATA}
        body |= {"miniprogram_state": "formal", "lang": "zh_CN"}
        return weixin(SUBSCRIBE, {name: value for name, value in (body | changes).items() if value is not None})

    return send


def test_one_consent_is_one_message(platform: Simulator, notice, openid: str):
    assert notice()["errcode"] == 0
    assert notice()["errcode"] == 43101
    [message] = platform.messages(openid)
    assert message["content"]["text"] == "审批提醒\n事项：李雷的报销\n金额：¥1200.00\n状态：待审批"
    platform.subscribe("李雷", "tpl-approval", "reject", app_id="wx-mini")
    assert notice()["errcode"] == 43101
    platform.subscribe("李雷", "tpl-approval", app_id="wx-mini")
    assert notice()["errcode"] == 0


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"touser": "o-nobody"}, 40003),
        ({"touser": None}, 40003),
        ({"template_id": "tpl-none"}, 40037),
        ({"template_id": "tpl-order"}, 40037),
        ({"template_id": "tpl-visit", "data": {"time1": {"value": "15:01"}}}, 43101),
        ({"page": "pages/none"}, 41030),
        ({"page": 7}, 41030),
        ({"lang": "de"}, 47003),
        ({"miniprogram_state": "prod"}, 47003),
        ({"data": None}, 47003),
        ({"data": {}}, 47003),
    ],
)
def test_a_wrong_notice_costs_nothing(notice, changes: dict, errcode: int):
    assert notice(**changes)["errcode"] == errcode
    assert notice()["errcode"] == 0


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("thing1", "二十个字" * 5, False),
        ("thing1", "二十个字" * 5 + "一", True),
        ("thing1", " ", True),
        ("thing1", "一\n二", True),
        ("number1", "12.5", False),
        ("number1", "十", True),
        ("letter1", "abc", False),
        ("letter1", "a1", True),
        ("symbol1", "+-*/", False),
        ("symbol1", "a", True),
        ("character_string1", "SO-2026/1", False),
        ("character_string1", "单号", True),
        ("time1", "2019年10月1日 15:01", False),
        ("time1", "15:01~16:00", False),
        ("time1", "2019-10-01", True),
        ("date1", "2019年10月1日", False),
        ("date1", "15:01", True),
        ("amount1", "¥1200.00", False),
        ("amount1", "1200元", False),
        ("amount1", "12345678901", True),
        ("phone_number1", "+86-0766-66888866", False),
        ("phone_number1", "手机", True),
        ("car_number1", "粤A8Z888挂", False),
        ("car_number1", "粤A8Z888挂挂", True),
        ("name1", "李雷", False),
        ("name1", "Li Lei the Second X", False),
        ("name1", "十一个字的名字太长了吧啊", True),
        ("phrase1", "待审批", False),
        ("phrase1", "13笔", True),
        ("phrase1", "六个汉字太长", True),
        ("enum1", "高", False),
    ],
)
def test_a_value_is_of_its_kind(name: str, value: str, wrong: bool):
    if wrong:
        with pytest.raises(ApiError, match=f"data.{name}.value"):
            notice_rules.check({name: {"value": value}}, [name])
    else:
        notice_rules.check({name: {"value": value}}, [name])


def test_the_field_is_named(notice):
    answer = notice(data={**DATA, "phrase3": {"value": "13笔"}})
    assert (answer["errcode"], answer["errmsg"].partition(" rid: ")[0]) == (
        47003,
        "argument invalid! data.phrase3.value invalid",
    )
    assert "data.thing9 is not in the template" in notice(data={**DATA, "thing9": {"value": "x"}})["errmsg"]


def test_the_templates_are_told(weixin):
    data = weixin("/wxaapi/newtmpl/gettemplate")["data"]
    assert [(one["priTmplId"], one["title"]) for one in data] == [
        ("tpl-approval", "审批提醒"),
        ("tpl-visit", "拜访提醒"),
    ]


@pytest.fixture
def letter(platform: Simulator, weixin):
    """`letter(user, …)` writes as the official account."""

    def send(user: str = "李雷", **changes: object) -> dict:
        openid = platform.call("/__sim/follow", {"user": user, "app_id": "wx-oa"})["openid"]
        body = {"touser": openid, "template_id": "tpl-order", "data": ORDER, "url": "https://h5.example.com/"}
        return weixin(TEMPLATE, body | changes, app_id="wx-oa")

    return send


def test_followers_are_written_to(platform: Simulator, letter):
    assert letter()["errcode"] == 0
    assert letter("Chan")["errcode"] == 43004
    platform.call("/__sim/follow", {"user": "李雷", "app_id": "wx-oa", "blacklisted": True})
    assert letter()["errcode"] == 43019
    platform.call("/__sim/follow", {"user": "李雷", "app_id": "wx-oa", "blacklisted": False, "follows": False})
    assert letter()["errcode"] == 43004


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"touser": "o-nobody"}, 40003),
        ({"template_id": "tpl-approval"}, 40037),
        ({"data": {"character_string1": {"value": "单"}}}, 47003),
        ({"miniprogram": {"appid": "wx-none"}}, 40013),
        ({"miniprogram": {"appid": "wx-mini", "pagepath": "pages/visit"}}, 0),
        ({"client_msg_id": 5}, 47003),
    ],
)
def test_a_letter_is_checked(letter, changes: dict, errcode: int):
    assert letter(**changes)["errcode"] == errcode


def test_the_same_letter_goes_out_once_in_ten_minutes(platform: Simulator, letter):
    first = letter(client_msg_id="m1")
    assert letter(client_msg_id="m1") == first
    assert len(platform.messages()) == 1
    platform.advance(601)
    assert letter(client_msg_id="m1")["msgid"] != first["msgid"]


def test_the_account_hears_what_became_of_it(platform: Simulator, listener: Listener, weixin):
    platform.seed(accounts=[ACCOUNTS[1] | listener.settings])
    openid = platform.call("/__sim/follow", {"user": "李雷", "app_id": "wx-oa", "follows": True})["openid"]
    msgid = weixin(TEMPLATE, {"touser": openid, "template_id": "tpl-order", "data": ORDER}, app_id="wx-oa")["msgid"]
    platform.call("/__sim/callback", {"app_id": "wx-oa", "event": {"Event": "last"}})
    texts = "".join(listener.texts("wx-oa"))
    assert "<![CDATA[subscribe]]>" in texts
    assert f"<MsgID>{msgid}</MsgID>" in texts
    assert all("signature" in query and query["encrypt_type"] == "aes" for _, query, _ in listener.received)


def test_a_mini_program_may_ask_for_json(platform: Simulator, listener: Listener):
    platform.seed(accounts=[ACCOUNTS[0] | listener.settings | {"format": "json"}])
    for templates in (["tpl-visit"], ["tpl-visit", "tpl-approval"]):
        given = {"user": "李雷", "app_id": "wx-mini", "template_ids": templates}
        assert set(platform.call("/__sim/subscribe", given)["credits"]) == set(templates)
    platform.call("/__sim/callback", {"app_id": "wx-mini", "event": {"Event": "last"}})
    crypto = WeChatCrypto(TOKEN, AES_KEY, "wx-mini")
    lists = []
    for _, query, body in listener.received:
        encrypt = json.loads(body)["Encrypt"]
        envelope = f"<xml><Encrypt>{encrypt}</Encrypt></xml>"
        text = crypto.decrypt_message(envelope, query["msg_signature"], query["timestamp"], query["nonce"])
        if text.startswith("{"):
            lists.append(json.loads(text)["SubscribeMsgPopupEvent"]["List"])
    assert sorted(type(item).__name__ for item in lists) == ["dict", "list"]


@pytest.mark.parametrize(
    "body",
    [
        {"user": "nobody", "app_id": "wx-mini", "template_id": "tpl-visit"},
        {"user": "李雷", "app_id": "wx-mini", "template_id": "tpl-none"},
        {"user": "李雷", "app_id": "wx-mini", "template_ids": []},
        {"user": "李雷", "app_id": "wx-mini", "template_id": "tpl-visit", "choice": "perhaps"},
    ],
)
def test_an_impossible_consent_is_refused(platform: Simulator, body: dict):
    assert platform.call("/__sim/subscribe", body)["error"]


def visited(platform: Simulator) -> str:
    code = platform.issue_code("mini_program", "李雷", app_id="wx-mini")
    given = {"appid": "wx-mini", "secret": "mini-secret", "js_code": code, "grant_type": "authorization_code"}
    return platform.call("/sns/jscode2session", **given)["openid"]


@pytest.mark.parametrize(("content", "suggest"), [("好", "pass"), ("违规的话", "risky")])
def test_what_is_written_is_judged(platform: Simulator, weixin, content: str, suggest: str):
    body = {"version": 2, "openid": visited(platform), "scene": 1, "content": content}
    answer = weixin("/wxa/msg_sec_check", body)
    assert answer["result"]["suggest"] == suggest
    assert weixin("/wxa/msg_sec_check", {**body, "version": 1})["errcode"] == 40097
    assert weixin("/wxa/msg_sec_check", {**body, "content": "长" * 2501})["errcode"] == 40097
    assert weixin("/wxa/msg_sec_check", {**body, "openid": "o-nobody"})["errcode"] == 40003
    platform.seed(people=[{"name": "新人", "openids": {"wx-mini": "o-new"}}])
    assert weixin("/wxa/msg_sec_check", {**body, "openid": "o-new"})["errcode"] == 61010


def test_a_picture_is_judged_by_and_by(platform: Simulator, told: Listener, weixin):
    body = {"version": 2, "openid": visited(platform), "scene": 1, "media_type": 2, "media_url": "https://x/违规.jpg"}
    trace_id = weixin("/wxa/media_check_async", body)["trace_id"]
    assert weixin("/wxa/media_check_async", {**body, "media_url": "x"})["errcode"] == 40066
    assert weixin("/wxa/media_check_async", {**body, "media_type": 3})["errcode"] == 40097
    platform.call("/__sim/callback", {"app_id": "wx-mini", "event": {"Event": "last"}})
    judged = next(one for one in platform.callbacks("wxa_media_check"))
    assert trace_id in judged["plaintext"]
    assert "risky" in judged["plaintext"]


def test_a_code_for_a_page(platform: Simulator, weixin):
    token = platform.call(
        "/cgi-bin/stable_token", {"grant_type": "client_credential", "appid": "wx-mini", "secret": "mini-secret"}
    )["access_token"]
    url = f"{platform.url}/wxa/getwxacodeunlimit?access_token={token}"
    response = requests.post(url, json={"scene": "visit=1", "page": "pages/visit"}, timeout=30)
    assert response.headers["Content-Type"] == "image/jpeg"
    assert Image.open(BytesIO(response.content)).format == "JPEG"


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"scene": ""}, 40169),
        ({"scene": "x" * 33}, 40169),
        ({"scene": "中文"}, 40169),
        ({"page": "pages/none"}, 41030),
        ({"page": "/pages/visit"}, 41030),
        ({"env_version": "prod"}, 40097),
        ({"width": 100}, 40097),
    ],
)
def test_a_wrong_code_is_refused(weixin, changes: dict, errcode: int):
    assert weixin("/wxa/getwxacodeunlimit", {"scene": "a=1", "page": "pages/visit"} | changes)["errcode"] == errcode

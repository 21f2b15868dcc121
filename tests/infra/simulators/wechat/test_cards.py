"""Template cards after they were sent: pressed, answered, updated, recalled."""

from xml.etree import ElementTree

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.infra.simulators.wechat.conftest import AES_KEY, TOKEN, Listener
from tests.simulators import Simulator

CRYPTO = WeChatCrypto(TOKEN, AES_KEY, "ww-waiqin")
CARD = {
    "card_type": "button_interaction",
    "task_id": "t-1",
    "main_title": {"title": "待您审批"},
    "button_selection": {"question_key": "why", "option_list": [{"id": "1", "text": "便宜"}]},
    "action_menu": {"action_list": [{"text": "退订", "key": "unsubscribe"}]},
    "button_list": [
        {"text": "同意", "key": "approve"},
        {"text": "驳回", "key": "reject"},
        {"text": "看看", "type": 1, "url": "https://h5.example.com"},
    ],
}
NEW_CARD = {
    "card_type": "text_notice",
    "main_title": {"title": "已由韩梅梅同意"},
    "card_action": {"type": 1, "url": "http://x"},
}
UPDATE, RECALL = "/cgi-bin/message/update_template_card", "/cgi-bin/message/recall"


@pytest.fixture
def sent(told: Listener, wecom) -> dict:
    """A card on two phones; what the platform answered."""
    body = {"touser": "LiLei|hanmeimei", "agentid": 1000002, "msgtype": "template_card", "template_card": CARD}
    answer = wecom("/cgi-bin/message/send", body)
    assert answer["errcode"] == 0
    return answer


@pytest.fixture
def update(wecom):
    def call(code: str, **changes: object) -> dict:
        body = {"userids": ["LiLei"], "agentid": 1000002, "response_code": code, "button": {"replace_name": "已同意"}}
        return wecom(UPDATE, {name: value for name, value in (body | changes).items() if value is not None})

    return call


def shown(platform: Simulator, user: str) -> tuple[str, int]:
    [message] = platform.messages(user)
    return message["replaced_by"], message["updates"]


def test_a_click_tells_who_pressed_what(platform: Simulator, told: Listener, sent):
    [callback] = platform.click("lilei", "t-1", "approve", selected={"why": ["1"]})
    assert callback["outcome"] == "ok"
    event = ElementTree.fromstring(told.texts()[0])
    found = {child.tag: child.text for child in event}
    assert found | {"CreateTime": "", "ResponseCode": "", "SelectedItems": ""} == {
        "ToUserName": "ww-waiqin",
        "FromUserName": "LiLei",
        "CreateTime": "",
        "MsgType": "event",
        "Event": "template_card_event",
        "EventKey": "approve",
        "TaskId": "t-1",
        "CardType": "button_interaction",
        "ResponseCode": "",
        "AgentID": "1000002",
        "SelectedItems": "",
    }
    assert event.findtext("SelectedItems/SelectedItem/QuestionKey") == "why"
    assert event.findtext("SelectedItems/SelectedItem/OptionIds/OptionId") == "1"
    assert ElementTree.fromstring(told.received[0][2]).findtext("AgentID") == "1000002"


def test_a_menu_choice_is_an_event_of_its_own(platform: Simulator, told: Listener, sent):
    platform.click("LiLei", "t-1", "unsubscribe", menu=True)
    event = ElementTree.fromstring(told.texts()[0])
    assert event.findtext("Event") == "template_card_menu_event"
    assert event.find("SelectedItems") is None


@pytest.mark.parametrize(
    ("user", "task_id", "key"),
    [("wangfang", "t-1", "approve"), ("LiLei", "t-9", "approve"), ("LiLei", "t-1", "explode"), ("LiLei", "t-1", "")],
)
def test_nobody_presses_what_is_not_there_but_by_force(
    platform: Simulator, told: Listener, sent, user: str, task_id: str, key: str
):
    what = {"agent_id": 1000002, "user": user, "task_id": task_id, "key": key}
    assert platform.call("/__sim/click", what)["error"]
    assert told.received == []
    [callback] = platform.click(user, task_id, key, force=True)
    assert callback["outcome"] == "ok"
    assert ElementTree.fromstring(told.texts()[0]).findtext("FromUserName") == user


def replies(told: Listener, inner: str) -> None:
    told.answer = lambda query, body: (200, CRYPTO.encrypt_message(inner, "nonce", "1700000000").encode())


def test_a_passive_reply_changes_the_card_of_who_clicked(platform: Simulator, told: Listener, sent):
    replies(told, "<xml><MsgType>update_button</MsgType><Button><ReplaceName>已同意</ReplaceName></Button></xml>")
    assert platform.click("LiLei", "t-1", "approve")[0]["outcome"] == "ok"
    assert shown(platform, "LiLei") == ("已同意", 1)
    assert shown(platform, "hanmeimei") == ("", 0)
    again = {"agent_id": 1000002, "user": "LiLei", "task_id": "t-1", "key": "approve"}
    assert "已同意" in platform.call("/__sim/click", again)["error"]
    assert platform.click("LiLei", "t-1", "approve", force=True)


def test_a_passive_reply_may_bring_a_new_card(platform: Simulator, told: Listener, sent):
    replies(
        told,
        "<xml><MsgType>update_template_card</MsgType><TemplateCard><CardType>button_interaction</CardType>"
        "<MainTitle><Title>换了</Title></MainTitle><HorizontalContentList><KeyName>金额</KeyName>"
        "<Value>1</Value></HorizontalContentList><ButtonList><Text>再来</Text><Type>0</Type><Key>again</Key></ButtonList>"
        "</TemplateCard></xml>",
    )
    assert platform.click("LiLei", "t-1", "approve")[0]["outcome"] == "ok"
    content = platform.messages("LiLei")[0]["content"]
    assert content["main_title"] == {"title": "换了"}
    assert content["horizontal_content_list"] == [{"keyname": "金额", "value": "1"}]
    assert platform.click("LiLei", "t-1", "again")[0]["event"] == "template_card_event"


@pytest.mark.parametrize(
    "inner",
    [
        "<xml><MsgType>text</MsgType></xml>",
        "<xml><MsgType>update_button</MsgType></xml>",
        "<xml><MsgType>update_template_card</MsgType></xml>",
        "<xml><MsgType>update_template_card</MsgType><TemplateCard><CardType>poster</CardType></TemplateCard></xml>",
        "no xml",
    ],
)
def test_a_passive_reply_that_changes_nothing_is_a_failure(platform: Simulator, told: Listener, sent, inner: str):
    replies(told, inner)
    assert platform.click("LiLei", "t-1", "approve")[0]["outcome"].startswith("bad reply")
    assert shown(platform, "LiLei") == ("", 0)


def test_the_code_of_a_card_is_good_once(platform: Simulator, sent, update):
    assert update(sent["response_code"], userids=["hanmeimei", "Wangfang"])["invaliduser"] == ["Wangfang"]
    assert shown(platform, "hanmeimei") == ("已同意", 1)
    assert shown(platform, "LiLei") == ("", 0)
    assert update(sent["response_code"])["errcode"] == 60140


def test_every_click_brings_another_code(platform: Simulator, told: Listener, sent, update):
    for _ in range(2):
        platform.click("LiLei", "t-1", "approve")
    codes = [ElementTree.fromstring(text).findtext("ResponseCode") for text in told.texts()]
    assert len({*codes, sent["response_code"]}) == 3
    assert [update(code)["errcode"] for code in codes] == [0, 0]
    platform.click("LiLei", "t-1", "approve", force=True, spent=True)
    spent = ElementTree.fromstring(told.texts()[-1]).findtext("ResponseCode")
    assert update(spent)["errcode"] == 60140


@pytest.mark.parametrize(("hours", "errcode"), [(71, 0), (73, 60140)])
def test_a_code_lives_seventy_two_hours(platform: Simulator, sent, wecom, hours: int, errcode: int):
    platform.advance(hours * 3600)
    token = platform.call("/cgi-bin/gettoken?corpid=ww-waiqin&corpsecret=another-secret")["access_token"]
    body = {"atall": 1, "agentid": 1000003, "response_code": sent["response_code"], "template_card": NEW_CARD}
    assert platform.call(UPDATE, body, access_token=token)["errcode"] == (42015 if errcode == 0 else errcode)


def test_everybodys_card_is_replaced(platform: Simulator, sent, update):
    assert update(sent["response_code"], userids=None, atall=1, button=None, template_card=NEW_CARD)["errcode"] == 0
    for user in ("LiLei", "hanmeimei"):
        assert platform.messages(user)[0]["content"]["main_title"]["title"] == "已由韩梅梅同意"


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"response_code": None}, 60140),
        ({"response_code": "made-up"}, 60140),
        ({"agentid": 1000003}, 42015),
        ({"agentid": None}, 42015),
        ({"button": None}, 40058),
        ({"template_card": NEW_CARD}, 40058),
        ({"button": {}}, 40058),
        ({"button": "x"}, 40058),
        ({"button": None, "template_card": {"card_type": "poster"}}, 42031),
        ({"userids": None}, 82001),
        ({"userids": "LiLei"}, 40058),
        ({"userids": [1]}, 40058),
        ({"userids": ["x"] * 1001}, 40058),
        ({"atall": 2}, 40058),
    ],
)
def test_a_wrong_update_changes_nothing_and_spends_nothing(platform: Simulator, sent, update, changes, errcode: int):
    given = {"response_code": sent["response_code"]} | changes
    assert update(given.pop("response_code"), **given)["errcode"] == errcode
    assert shown(platform, "LiLei") == ("", 0)
    assert update(sent["response_code"])["errcode"] == 0


@pytest.mark.parametrize(("hours", "errcode"), [(23.9, 0), (24.1, 42052)])
def test_a_message_is_recalled_within_a_day(platform: Simulator, sent, hours: float, errcode: int):
    platform.advance(hours * 3600)
    token = platform.call("/cgi-bin/gettoken?corpid=ww-waiqin&corpsecret=s3cret-of-the-app-0123456789abcdefghijklmno")[
        "access_token"
    ]
    assert platform.call(RECALL, {"msgid": sent["msgid"]}, access_token=token)["errcode"] == errcode
    assert platform.messages("LiLei")[0]["recalled"] is (errcode == 0)


def test_only_its_own_app_recalls_it(platform: Simulator, sent, wecom):
    assert wecom(RECALL, {"msgid": sent["msgid"]}, secret="another-secret")["errcode"] == 40058
    assert wecom(RECALL, {"msgid": "made-up"})["errcode"] == 40058
    assert wecom(RECALL, {})["errcode"] == 40058
    assert wecom(RECALL, {"msgid": sent["msgid"]})["errcode"] == 0
    what = {"agent_id": 1000002, "user": "LiLei", "task_id": "t-1", "key": "approve"}
    assert "recalled" in platform.call("/__sim/click", what)["error"]

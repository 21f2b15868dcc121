"""Cards: what we refuse before the call is what the platform refuses, by the same number."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.wechat import cards, tokens, wecom
from backend.wechat.cards import Button
from backend.wechat.errors import BadPayload, CodeSpent, Permanent, TaskIdTaken, Transient
from backend.wechat.models import App
from tests.simulators import Simulator

SEND, UPDATE = "/cgi-bin/message/send", "/cgi-bin/message/update_template_card"
URL = "https://h5.example.com/#/approvals/1"
ROWS = [("申请人", "李雷"), ("金额", "1200.00")]
YES, NO = Button("同意", "approve"), Button("驳回", "reject", style=2)


def asking(task_id: str = "t-1", **changes: Any) -> cards.Card:
    words = {"title": "待您审批", "description": "报销单", "rows": ROWS, "url": URL, "buttons": [YES, NO]}
    return cards.button_card(task_id=task_id, **words | changes)


def send(app: App, card: cards.Card, *to: str, key: str = "m1") -> wecom.SendResult:
    return wecom.client_for(app).send_card(to or ("LiLei",), card, dedupe_key=key)


def without(**changes: Any) -> Callable[[cards.Card], cards.Card]:
    return lambda card: {name: value for name, value in (card | changes).items() if value is not None}


@pytest.mark.parametrize(
    "change",
    [
        without(card_type="poster"),
        without(task_id=None),
        without(task_id="任务"),
        without(task_id="t" * 129),
        without(main_title={}),
        without(main_title="x"),
        without(horizontal_content_list=[{"value": "1"}]),
        without(horizontal_content_list=[{"keyname": "a", "type": 1}]),
        without(horizontal_content_list=[{"keyname": "a", "type": 2}]),
        without(horizontal_content_list=[{"keyname": "a", "type": 3}]),
        without(horizontal_content_list=[{"keyname": "a", "type": 9}]),
        without(horizontal_content_list=[{"keyname": "a"}] * 7),
        without(horizontal_content_list="x"),
        without(card_action={"type": 9}),
        without(card_action={"type": 1}),
        without(card_action={"type": 2}),
        without(jump_list=[{"title": "a"}] * 4),
        without(jump_list=[{}]),
        without(button_list=None),
        without(button_list=[{"text": "t", "key": "k"}] * 7),
        without(button_list=[{"key": "k"}]),
        without(button_list=[{"text": "t"}]),
        without(button_list=[{"text": "t", "key": "k" * 1025}]),
        without(button_list=[{"text": "t", "key": "k"}] * 2),
        without(button_list=[{"text": "t", "type": 1}]),
        without(button_selection={"option_list": [{"id": "1", "text": "t"}]}),
        without(button_selection={"question_key": "q", "option_list": []}),
        without(button_selection={"question_key": "q", "option_list": [{"text": "t"}]}),
        without(button_selection={"question_key": "q", "option_list": [{"id": "1"}]}),
        without(action_menu={"action_list": []}),
        without(action_menu={"action_list": [{"text": "t"}]}),
        without(action_menu={"action_list": [{"text": "t", "key": "k"}] * 2}),
        without(card_type="text_notice", card_action=None),
    ],
)
def test_a_broken_card_is_refused_here_as_it_would_be_there(
    platform: Simulator, app: App, change: Callable[[cards.Card], cards.Card]
):
    card = change(asking())
    with pytest.raises(BadPayload) as error:
        send(app, card)
    assert platform.requests(SEND) == []
    message = {"touser": "LiLei", "agentid": 1000002, "msgtype": "template_card", "template_card": card}
    answer = platform.call(f"{SEND}?access_token={tokens.current(app)}", message)
    assert answer["errcode"] == error.value.errcode


def test_a_card_arrives_as_written_and_can_be_answered(platform: Simulator, app: App):
    result = send(app, asking())
    [message] = platform.messages("LiLei")
    assert message["msgtype"] == "template_card"
    assert [button["key"] for button in message["content"]["button_list"]] == ["approve", "reject"]
    assert result.response_code
    assert result.response_code not in repr(result)


def test_long_words_are_cut_to_what_a_phone_shows(platform: Simulator, app: App):
    send(app, asking(title="审" * 200, description="批\n" * 200, rows=[("申请人姓名等", "x" * 200)]))
    content = platform.messages("LiLei")[0]["content"]
    assert (len(content["main_title"]["title"]), len(content["main_title"]["desc"])) == (36, 44)
    assert [len(text) for text in content["horizontal_content_list"][0].values()] == [5, 30]


def test_a_notice_has_no_buttons_and_opens_a_page(platform: Simulator, app: App):
    result = send(app, cards.notice_card(title="已同意", rows=ROWS, url=URL))
    assert result.response_code == ""
    assert platform.messages("LiLei")[0]["content"]["card_action"]["url"] == URL
    with pytest.raises(BadPayload):
        cards.notice_card(title="已同意", url="")


def test_a_lost_answer_sends_no_second_card_and_keeps_its_code(platform: Simulator, app: App):
    platform.faults({"path": SEND, "after": True, "close": True})
    with pytest.raises(Transient):
        send(app, asking())
    result = send(app, asking())
    assert len(platform.messages("LiLei")) == 1
    wecom.client_for(app).update_card(result.response_code, replace_name="已同意")


def test_a_task_id_is_taken_once(platform: Simulator, app: App):
    send(app, asking(), key="m1")
    with pytest.raises(TaskIdTaken):
        send(app, asking(), key="m2")
    assert len(platform.messages("LiLei")) == 1


def test_the_buttons_become_a_word_on_all_phones(platform: Simulator, app: App):
    result = send(app, asking(), "LiLei", "hanmeimei")
    assert wecom.client_for(app).update_card(result.response_code, replace_name="已同意") == ()
    assert [message["replaced_by"] for message in platform.messages()] == ["已同意", "已同意"]
    [update] = platform.requests(UPDATE)
    assert '"atall": 1' in update["body"]


def test_a_card_takes_the_place_of_another_for_whom_it_is_meant(platform: Simulator, app: App):
    result = send(app, asking(), "LiLei", "hanmeimei")
    decided = cards.notice_card(title="已由韩梅梅同意", url=URL)
    missing = wecom.client_for(app).update_card(result.response_code, to=["LiLei", "NoBody"], card=decided)
    assert missing == ("NoBody",)
    titles = {message["user"]: message["content"]["main_title"]["title"] for message in platform.messages()}
    assert titles == {"LiLei": "已由韩梅梅同意", "hanmeimei": "待您审批"}


def test_a_response_code_opens_one_update(platform: Simulator, app: App):
    client, result = wecom.client_for(app), send(app, asking())
    client.update_card(result.response_code, replace_name="已同意")
    with pytest.raises(CodeSpent) as error:
        client.update_card(result.response_code, replace_name="已驳回")
    assert result.response_code not in str(error.value)
    late = send(app, asking("t-2"), key="m2")
    platform.advance(72 * 3600)
    with pytest.raises(CodeSpent):
        client.update_card(late.response_code, replace_name="已同意")


@pytest.mark.parametrize("change", [{}, {"replace_name": "x", "card": {"card_type": "text_notice"}}])
def test_an_update_is_a_word_or_a_card(platform: Simulator, app: App, change: dict):
    with pytest.raises(BadPayload):
        wecom.client_for(app).update_card("code", **change)
    assert platform.requests(UPDATE) == []


def test_a_message_is_taken_back_within_a_day(platform: Simulator, app: App, configured):
    client, result = wecom.client_for(app), send(app, asking())
    client.recall(result.msgid)
    assert platform.messages("LiLei")[0]["recalled"]
    with pytest.raises(BadPayload):
        wecom.client_for(configured(agent_id=1000003, secret="another-secret")).recall(result.msgid)
    platform.advance(24 * 3600)
    with pytest.raises(Permanent) as error:
        client.recall(result.msgid)
    assert error.value.errcode == 42052

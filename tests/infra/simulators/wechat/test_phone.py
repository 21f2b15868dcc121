"""The pages a person looks at: they run nothing of what they show, and their buttons work without a script."""

import pytest
import requests

from tests.infra.simulators.wechat.conftest import Listener
from tests.simulators import Simulator

TEXT = {"touser": "LiLei", "agentid": 1000002, "msgtype": "text", "text": {"content": "您好"}}
BUTTONS = {
    "card_type": "button_interaction",
    "task_id": "t-1",
    "source": {"desc": "外勤"},
    "main_title": {"title": "待您审批", "desc": "李雷的报销单"},
    "quote_area": {"quote_text": "请客户吃饭"},
    "horizontal_content_list": [{"keyname": "金额", "value": "1200.00"}],
    "action_menu": {"action_list": [{"text": "不再提醒", "key": "mute"}]},
    "button_list": [
        {"text": "同意", "key": "approve"},
        {"text": "驳回", "key": "reject", "style": 2},
        {"text": "打开", "type": 1, "url": "https://h5.example.com/"},
        {"text": "坏", "type": 1, "url": "javascript:alert(1)"},
    ],
}
QUESTION = {
    "question_key": "why",
    "title": "为什么",
    "option_list": [{"id": "1", "text": "便宜"}, {"id": "2", "text": "急用"}],
    "selected_id": "2",
}
FORM = {
    "corp_id": "ww-waiqin",
    "agent_id": "1000002",
    "user": "LiLei",
    "task_id": "t-1",
    "back": "/phone/ww-waiqin/LiLei",
}


@pytest.fixture
def send(platform: Simulator, wecom):
    """`send(text=…)` sends a text to Li Lei with these changes."""
    return lambda **changes: wecom("/cgi-bin/message/send", TEXT | changes)


@pytest.fixture
def card(told: Listener, send):
    """`card(…)` sends one with buttons, and these changes."""
    return lambda **changes: send(msgtype="template_card", template_card=BUTTONS | changes)


def page(platform: Simulator, path: str = "/") -> str:
    response = requests.get(platform.url + path, timeout=30)
    assert response.status_code == 200
    assert "script" not in response.headers["Content-Security-Policy"]
    return response.text


def press(platform: Simulator, **changes: str) -> requests.Response:
    headers = {"Origin": changes.pop("origin", platform.url)}
    return requests.post(
        f"{platform.url}/phone/press", data=FORM | changes, headers=headers, timeout=30, allow_redirects=False
    )


def test_the_page_shows_each_phone_and_runs_nothing_of_what_it_shows(platform: Simulator, send):
    send(text={"content": "<script>alert(1)</script>"})
    url = 'https://h5.example.com/?a=1&b="'
    description = '<div class="gray">灰</div><img src=x>&lt;b&gt;'
    send(msgtype="textcard", textcard={"title": "<i>标题", "description": description, "url": url})
    send(msgtype="template_card", template_card=BUTTONS | {"main_title": {"title": "<u>审批"}})
    page = platform.page()
    assert all(name in page for name in ("李雷", "韩梅梅", "王芳"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert '<div class="gray">灰</div>&lt;img src=x&gt;&lt;b&gt;' in page
    assert '<a href="https://h5.example.com/?a=1&amp;b=&quot;"' in page
    assert "&lt;i&gt;标题" in page
    assert ">同意</button>" in page
    assert not any(tag in page for tag in ("<script", "<img", "<link", "<i>", "<u>"))


def test_a_button_works_and_its_fate_is_shown(platform: Simulator, told: Listener, card):
    card()
    response = press(platform, key="approve")
    assert (response.status_code, response.headers["Location"]) == (303, "/phone/ww-waiqin/LiLei")
    assert len(told.texts()) == 1
    assert "没有送达" not in page(platform)
    told.answer = lambda query, body: (500, b"")
    press(platform, key="reject")
    assert "没有送达应用：HTTP 500" in page(platform)


def test_an_updated_card_has_no_button_left(platform: Simulator, card, wecom):
    code = card()["response_code"]
    update = {"userids": ["LiLei"], "agentid": 1000002, "response_code": code, "button": {"replace_name": "已同意"}}
    assert wecom("/cgi-bin/message/update_template_card", update)["errcode"] == 0
    shown = page(platform)
    assert "<button disabled>已同意</button>" in shown
    assert "已更新 1 次" in shown
    assert ">驳回</button>" not in shown
    assert press(platform, key="reject").status_code == 409


def test_the_menu_and_links_of_a_card(platform: Simulator, told: Listener, card):
    card()
    shown = page(platform)
    assert 'href="https://h5.example.com/"' in shown
    assert "javascript" not in shown
    assert press(platform, menu="mute").status_code == 303
    assert "template_card_menu_event" in told.texts()[0]


def test_a_question_is_answered_on_the_phone_itself(platform: Simulator, told: Listener, card):
    card(button_selection=QUESTION)
    assert '<a class=style1 href="/phone/ww-waiqin/LiLei">打开手机作答</a>' in page(platform)
    phone = page(platform, "/phone/ww-waiqin/lilei")
    assert '<input type=radio name="q.why" value="2" checked>' in phone
    assert "http-equiv=refresh" not in phone  # it would take the answer away
    press(platform, key="approve", **{"q.why": "1"})
    assert "<OptionId><![CDATA[1]]></OptionId>" in told.texts()[0]


def test_several_answers_may_be_given(platform: Simulator, told: Listener, card):
    submit = {"text": "提交", "key": "submit"}
    card(card_type="vote_interaction", checkbox=QUESTION | {"mode": 1}, submit_button=submit, button_list=[])
    assert 'type=checkbox name="q.why"' in page(platform, "/phone/ww-waiqin/LiLei")
    body = "&".join([*(f"{name}={value}" for name, value in FORM.items()), "key=submit", "q.why=1", "q.why=2"])
    requests.post(f"{platform.url}/phone/press", body, timeout=30, allow_redirects=False)
    assert told.texts()[0].count("<OptionId>") == 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"key": "explode"}, 409),
        ({"key": "approve", "user": "hanmeimei"}, 409),
        ({"key": "approve", "agent_id": "9"}, 409),
        ({"key": "approve", "agent_id": "x"}, 409),
        ({"key": "approve", "origin": "http://evil.example.com"}, 403),
    ],
)
def test_what_cannot_be_pressed_is_not(platform: Simulator, told: Listener, card, changes: dict, status: int):
    card()
    assert press(platform, **changes).status_code == status
    assert told.received == []


def test_the_page_leads_back_to_itself_only(platform: Simulator, card):
    card()
    for back in ("//evil.example.com", "https://evil.example.com"):
        assert press(platform, key="approve", back=back).headers["Location"] == "/"


def test_without_an_address_nobody_hears_it(platform: Simulator, send):
    assert send(msgtype="template_card", template_card=BUTTONS)["errcode"] == 0
    press(platform, key="approve")
    assert "没有填写回调地址" in page(platform)


def test_a_recalled_message_is_gone(platform: Simulator, send, wecom):
    msgid = send()["msgid"]
    assert "您好" in page(platform)
    wecom("/cgi-bin/message/recall", {"msgid": msgid})
    shown = page(platform)
    assert "您好" not in shown
    assert "消息已撤回" in shown


def test_people_with_wechat_have_phones_too(platform: Simulator, weixin):
    openid = platform.subscribe("李雷", "tpl-visit", app_id="wx-mini")
    data = {"time1": {"value": "15:01"}}
    weixin("/cgi-bin/message/subscribe/send", {"touser": openid, "template_id": "tpl-visit", "data": data})
    assert "时间：15:01" in page(platform, "/phone/wechat/李雷")


@pytest.mark.parametrize("path", ["/phone/", "/phone/ww-waiqin", "/phone/ww-waiqin/nobody", "/phone/a/b/c"])
def test_a_phone_that_is_not_there(platform: Simulator, path: str):
    assert requests.get(platform.url + path, timeout=30).status_code == 404


def test_of_a_large_company_only_some_phones_are_shown(platform: Simulator):
    platform.seed({"corp_id": "ww-big", "generate": {"departments": 3, "members": 500}})
    shown = page(platform)
    assert shown.count("<section class=phone>") == 24
    assert "还有 481 部手机没有显示" in shown
    assert "没有消息" in page(platform, "/phone/ww-big/m00499")

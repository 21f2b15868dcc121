"""Telling people in WeChat: subscribe messages of mini-programs, template messages of official accounts.

A person's consent to a mini-program's template is good for one message; an official account may write to followers.
"""

import re
from typing import Any

from infra.simulators.wechat import notice_rules
from infra.simulators.wechat.api.access import (
    Endpoint,
    json_object,
    mini_program_of_token,
    official_account_of_token,
    text_of,
)
from infra.simulators.wechat.api.weixin.login import person_with
from infra.simulators.wechat.callbacks import events, sender
from infra.simulators.wechat.contracts import CLIENT_MSG_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import Account, Message, Person
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

FIELD = re.compile(r"\{\{(\w+)\.DATA\}\}")
STATES = ("developer", "trial", "formal")
LANGUAGES = ("zh_CN", "en_US", "zh_HK", "zh_TW")


def subscribe_send(state: State, call: Call) -> dict[str, object]:
    account, data = mini_program_of_token(state, call), json_object(call)
    openid, person = _receiver(state, account, data)
    template_id, fields = _template(account, data)
    if data.get("miniprogram_state", "formal") not in STATES or data.get("lang", "zh_CN") not in LANGUAGES:
        raise error(47003, "argument invalid! miniprogram_state or lang")
    _check_page(account, data.get("page"))
    content = notice_rules.check(data.get("data"), fields)
    credit = (account.app_id, openid, template_id)
    if not state.credits.get(credit, 0):
        raise error(43101)
    state.credits[credit] -= 1
    number = _deliver(state, account, openid, person, "subscribe", {**data, "data": content})
    told = {"TemplateId": template_id, "MsgID": str(number), "ErrorCode": 0, "ErrorStatus": "success"}
    tell(state, account, openid, "subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": told})
    return {"errcode": 0, "errmsg": "ok", "msgid": number}


def gettemplate(state: State, call: Call) -> dict[str, object]:
    account = mini_program_of_token(state, call)
    data = [
        {"priTmplId": id, "title": text.partition("\n")[0], "content": text, "example": "", "type": 2}
        for id, text in account.templates.items()
    ]
    return {"errcode": 0, "errmsg": "ok", "data": data}


def template_send(state: State, call: Call) -> dict[str, object]:
    account, data = official_account_of_token(state, call), json_object(call)
    openid, person = _receiver(state, account, data)
    _, fields = _template(account, data)
    if account.app_id not in person.follows:
        raise error(43004)
    if account.app_id in person.blacklisted_by:
        raise error(43019)
    program = data.get("miniprogram")
    if program is not None and (not isinstance(program, dict) or program.get("appid") not in state.accounts):
        raise error(40013, "invalid appid")
    content = notice_rules.check(data.get("data"), fields)
    key = _client_key(account, openid, data)
    sent_at, answer = state.client_messages.get(key, (0.0, {})) if key else (0.0, {})
    if answer and state.now() < sent_at + CLIENT_MSG_SECONDS:
        return answer
    number = _deliver(state, account, openid, person, "template", {**data, "data": content})
    answer = {"errcode": 0, "errmsg": "ok", "msgid": number}
    if key:
        state.client_messages[key] = (state.now(), answer)
    tell(state, account, openid, "TEMPLATESENDJOBFINISH", MsgID=number, Status="success")
    return answer


def tell(state: State, account: Account, openid: str, name: str, **fields: Any) -> None:
    """The account hears of it, where it entered an address."""
    plaintext = events.event(account.original_id, openid, state.now(), Event=name, **fields)
    if account.format == "json":
        plaintext = events.as_json(account.original_id, openid, state.now(), name, fields)
    sender.send(state, account, plaintext, event=name)


def _receiver(state: State, account: Account, data: dict[str, Any]) -> tuple[str, Person]:
    openid = text_of(data, "touser", missing=40003)
    person = person_with(state, account, openid)
    if person is None:
        raise error(40003, "invalid openid")
    return openid, person


def _template(account: Account, data: dict[str, Any]) -> tuple[str, list[str]]:
    template_id = text_of(data, "template_id", missing=40037)
    if template_id not in account.templates:
        raise error(40037)
    return template_id, FIELD.findall(account.templates[template_id])


def _check_page(account: Account, page: object) -> None:
    if page is None or page == "":
        return
    if not isinstance(page, str) or (account.pages is not None and page.partition("?")[0] not in account.pages):
        raise error(41030)


def _client_key(account: Account, openid: str, data: dict[str, Any]) -> tuple[str, str, str] | None:
    value = data.get("client_msg_id")
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= 32:
        raise error(47003, "argument invalid! client_msg_id")
    return account.app_id, openid, value


def _deliver(state: State, account: Account, openid: str, person: Person, kind: str, content: dict[str, Any]) -> int:
    state.notices += 1
    text = account.templates[content["template_id"]]
    shown = FIELD.sub(lambda field: content["data"].get(field[1], {}).get("value", ""), text)
    now, msgid = state.now(), str(state.notices)
    message = Message(msgid, account.app_id, 0, account.name, openid, kind, {**content, "text": shown}, now)
    message.person = person.name
    state.messages.append(message)
    return state.notices


ROUTES = {
    "/cgi-bin/message/subscribe/send": Endpoint("POST", subscribe_send, wechat=True),
    "/wxaapi/newtmpl/gettemplate": Endpoint("GET", gettemplate, wechat=True),
    "/cgi-bin/message/template/send": Endpoint("POST", template_send, wechat=True),
}

"""POST message/update_template_card (documents 94888, 94945) and message/recall (document 94867)."""

from typing import Any

from infra.simulators.wechat import cards, clicks
from infra.simulators.wechat.api.access import Endpoint, app_of_token, json_object, text_of
from infra.simulators.wechat.contracts import MAX_PARTIES, MAX_TAGS, MAX_USERS, RECALL_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import App, ResponseCode
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def update(state: State, call: Call) -> dict[str, object]:
    """The code is spent by an update that is in order, even when none of the named members has the card."""
    app, data = app_of_token(state, call), json_object(call)
    code = _code(state, app, data)
    if data.get("agentid") != app.agent_id:
        raise error(42015)
    button, card = data.get("button"), data.get("template_card")
    if (button is None) == (card is None):
        raise error(40058, "either button or template_card")
    change = text_of(button if isinstance(button, dict) else {}, "replace_name") if card is None else _checked(card)
    if data.get("atall", 0) not in (0, 1):
        raise error(40058, "atall must be 0 or 1")
    users = _ids(data, "userids", str, MAX_USERS)
    parties, tags = _ids(data, "partyids", int, MAX_PARTIES), _ids(data, "tagids", int, MAX_TAGS)
    if not (users or parties or tags or data.get("atall")):
        raise error(82001)
    copies = {message.user.lower(): message for message in state.messages if message.msgid == code.msgid}
    wanted = _members(state, app, users, parties, tags)
    reached = copies.keys() if data.get("atall") else wanted & copies.keys()
    code.used = True
    for name in reached:
        if isinstance(change, str):
            clicks.replace_buttons(copies[name], change)
        else:
            clicks.replace_card(copies[name], change)
    return {"errcode": 0, "errmsg": "ok", "invaliduser": [name for name in users if name.lower() not in copies]}


def recall(state: State, call: Call) -> dict[str, object]:
    app, data = app_of_token(state, call), json_object(call)
    copies = [message for message in state.messages if message.msgid == text_of(data, "msgid")]
    if not copies or (copies[0].corp_id, copies[0].agent_id) != app.key:
        raise error(40058, "invalid msgid")
    if state.now() >= copies[0].at + RECALL_SECONDS:
        raise error(42052)
    for message in copies:
        message.recalled = True
    return {"errcode": 0, "errmsg": "ok"}


def _code(state: State, app: App, data: dict[str, Any]) -> ResponseCode:
    code = state.response_codes.get(text_of(data, "response_code", missing=60140))
    if code is None or code.used or state.now() >= code.expires_at:
        raise error(60140)
    if code.app != app.key:
        raise error(42015)
    return code


def _checked(card: object) -> dict[str, Any]:
    if not isinstance(card, dict):
        raise error(40058, "template_card must be an object")
    cards.check(card, sent=False)
    return card


def _ids(data: dict[str, Any], name: str, kind: type, most: int) -> list[Any]:
    value = data.get(name, [])
    if not isinstance(value, list) or any(type(item) is not kind for item in value) or len(value) > most:
        raise error(40058, f"{name} must be a list of at most {most}")
    return value


def _members(state: State, app: App, users: list[str], parties: list[int], tags: list[int]) -> set[str]:
    corp = state.corp_of(app)
    in_parties = {key for key, user in corp.users.items() if set(parties) & set(user.departments)}
    tagged = {name.lower() for tag in tags for name in corp.tags.get(str(tag), [])}
    return {name.lower() for name in users} | in_parties | tagged


ROUTES = {
    "/cgi-bin/message/update_template_card": Endpoint("POST", update),
    "/cgi-bin/message/recall": Endpoint("POST", recall),
}

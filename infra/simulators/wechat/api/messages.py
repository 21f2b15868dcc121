"""POST message/send (document 90236)."""

import hashlib
import secrets
from typing import Any

from infra.simulators.wechat import cards, clicks, frequency
from infra.simulators.wechat.api.access import Endpoint, app_of_token, json_object
from infra.simulators.wechat.contracts import (
    BODIES,
    DUPLICATE_SECONDS_DEFAULT,
    DUPLICATE_SECONDS_MAX,
    MAX_PARTIES,
    MAX_TAGS,
    MAX_USERS,
    MEMBER_LIMITS,
    TextField,
)
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.limits import spend
from infra.simulators.wechat.model import App, Message, User
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def send(state: State, call: Call) -> dict[str, object]:
    app = app_of_token(state, call)
    data = json_object(call)
    _check_agent(state, app, data.get("agentid"))
    names = {field: _receivers(data, field, most) for field, most in RECEIVERS.items()}
    if not any(names.values()):
        raise error(82001)
    _check_options(data)
    content = _content(data)

    duplicate = (app.key, hashlib.sha256(call.body).digest())
    if data.get("enable_duplicate_check") == 1:
        sent = state.duplicates.get(duplicate)
        if sent and state.now() < sent[0]:
            return sent[1]

    members, invalid = _resolve(state, app, names)
    if not members:
        raise error(81013)
    frequency.count_messages(state, app, len(members))
    if data["msgtype"] == "template_card":
        cards.claim_task_id(state, app, content)
    reply: dict[str, object] = {"errcode": 0, "errmsg": "ok", **invalid, "msgid": secrets.token_urlsafe(48)}
    if data["msgtype"] == "template_card" and cards.can_be_updated(content):
        reply["response_code"] = clicks.new_code(state, app, str(reply["msgid"]))
    if data.get("enable_duplicate_check") == 1:
        interval = data.get("duplicate_check_interval", DUPLICATE_SECONDS_DEFAULT)
        state.duplicates[duplicate] = (state.now() + interval, reply)
    for user in members:
        _deliver(state, app, user, data["msgtype"], content, str(reply["msgid"]))
    return reply


RECEIVERS = {"touser": MAX_USERS, "toparty": MAX_PARTIES, "totag": MAX_TAGS}


def _check_agent(state: State, app: App, agent_id: object) -> None:
    if agent_id is None:
        raise error(41011)
    if type(agent_id) is not int or agent_id not in state.corp_of(app).apps:
        raise error(40056)
    if agent_id != app.agent_id:
        raise error(301002)


def _receivers(data: dict[str, Any], field: str, most: int) -> list[str]:
    value = data.get(field, "")
    if not isinstance(value, str):
        raise error(40058, f"{field} must be a string")
    names = [name for name in value.split("|") if name]
    if len(names) > most:
        raise error(40032 if field == "touser" else 40058)
    return names


def _check_options(data: dict[str, Any]) -> None:
    for field in ("safe", "enable_id_trans", "enable_duplicate_check"):
        if type(data.get(field, 0)) is not int or data.get(field, 0) not in (0, 1):
            raise error(40058, f"{field} must be 0 or 1")
    interval = data.get("duplicate_check_interval", DUPLICATE_SECONDS_DEFAULT)
    if type(interval) is not int or not 0 < interval <= DUPLICATE_SECONDS_MAX:
        raise error(40058, "duplicate_check_interval out of range")


def _content(data: dict[str, Any]) -> dict[str, Any]:
    msgtype = data.get("msgtype")
    if not isinstance(msgtype, str) or msgtype not in (*BODIES, "template_card"):
        raise error(40008)
    content = data.get(msgtype)
    if not isinstance(content, dict):
        raise error(40058, f"missing {msgtype}")
    if msgtype == "template_card":
        cards.check(content)
    else:
        for field in BODIES[msgtype]:
            _check_text(field, content.get(field.name))
    return content


def _check_text(field: TextField, value: object) -> None:
    if value is None or value == "":
        if field.missing is not None:
            raise error(field.missing)
        return
    if not isinstance(value, str):
        raise error(40058, f"{field.name} must be a string")
    too_many_bytes = field.max_bytes is not None and len(value.encode()) > field.max_bytes
    too_many_characters = field.max_characters is not None and len(value) > field.max_characters
    if too_many_bytes or too_many_characters:
        raise error(field.too_long, f"{field.name} exceeds the limit")
    if field.is_url and not value.startswith(("http://", "https://")):
        raise error(45034)


def _resolve(state: State, app: App, names: dict[str, list[str]]) -> tuple[list[User], dict[str, object]]:
    """The members reached, and what could not be: ids come back in lower case, as the platform sends them."""
    corp, seen = state.corp_of(app), state.corp_of(app).members_seen_by(app)
    if names["touser"] == ["@all"]:
        return [user for user in seen.values() if user.licensed], {}
    found: dict[str, User] = {}
    missing: dict[str, list[str]] = {
        "invaliduser": [],
        "invalidparty": [],
        "invalidtag": [],
        "unlicenseduser": [],
    }
    for name in (name.lower() for name in names["touser"]):
        if name not in seen:
            missing["invaliduser"].append(name)
        elif not seen[name].licensed:
            missing["unlicenseduser"].append(name)
        else:
            found[name] = seen[name]
    for party in names["toparty"]:
        members = {k: u for k, u in seen.items() if party in map(str, u.departments) and u.licensed}
        found |= members
        if not members:
            missing["invalidparty"].append(party)
    for tag in names["totag"]:
        tagged = {name.lower() for name in corp.tags.get(tag, [])}
        members = {k: u for k, u in seen.items() if k in tagged and u.licensed}
        found |= members
        if not members:
            missing["invalidtag"].append(tag)
    return list(found.values()), {field: "|".join(ids) for field, ids in missing.items() if ids}


def _deliver(state: State, app: App, user: User, msgtype: str, content: dict[str, Any], msgid: str) -> None:
    """Show the message on the phone, or drop it without a word when the member's budget is spent."""
    if not spend(state, ("message", app.key, user.user_id.lower()), MEMBER_LIMITS):
        return
    agent_id, now = app.agent_id or 0, state.now()
    state.messages.append(Message(msgid, app.corp_id, agent_id, app.name, user.user_id, msgtype, content, now))


ROUTES = {"/cgi-bin/message/send": Endpoint("POST", send)}

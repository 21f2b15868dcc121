"""The events as XML (documents 90240, 90241, 96302 to 96304), field by field as the pages show them."""

import json
from typing import Any
from xml.sax.saxutils import escape

Json = dict[str, Any]


def xml(fields: Json) -> bytes:
    """Texts as CDATA, numbers bare, `{"Item": […]}` as repeated elements."""
    return f"<xml>{_elements(fields)}</xml>".encode()


def event(receiver_id: str, sender: str, at: float, **fields: Any) -> bytes:
    head = {"ToUserName": receiver_id, "FromUserName": sender, "CreateTime": int(at), "MsgType": "event"}
    return xml(head | fields)


def contact(receiver_id: str, at: float, type: str, fields: Json) -> bytes:
    return event(receiver_id, "sys", at, Event="change_contact", ChangeType=type, **fields)


def click(
    receiver_id: str,
    user: str,
    at: float,
    *,
    agent_id: int,
    key: str,
    task_id: str,
    card_type: str,
    response_code: str,
    selected: dict[str, list[str]],
    menu: bool = False,
) -> bytes:
    chosen = [{"QuestionKey": question, "OptionIds": {"OptionId": ids}} for question, ids in selected.items()]
    return event(
        receiver_id,
        user,
        at,
        Event="template_card_menu_event" if menu else "template_card_event",
        EventKey=key,
        TaskId=task_id,
        CardType=card_type,
        ResponseCode=response_code,
        AgentID=agent_id,
        **({"SelectedItems": {"SelectedItem": chosen}} if chosen and not menu else {}),
    )


def as_json(receiver_id: str, sender: str, at: float, name: str, fields: Json) -> bytes:
    """The form a mini-program may ask for instead."""
    head = {"ToUserName": receiver_id, "FromUserName": sender, "CreateTime": int(at), "MsgType": "event", "Event": name}
    return json.dumps(head | fields, ensure_ascii=False).encode()


def envelope(receiver_id: str, encrypt: str, agent_id: int | None) -> bytes:
    """What travels: only callbacks of an app name its agent id."""
    fields: Json = {"ToUserName": receiver_id, "Encrypt": encrypt}
    return xml(fields if agent_id is None else fields | {"AgentID": str(agent_id)})


def _elements(fields: Json) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    return f"<{name}>{_text(str(value))}</{name}>"


def _text(value: str) -> str:
    return escape(value) if "]]>" in value else f"<![CDATA[{value}]]>"

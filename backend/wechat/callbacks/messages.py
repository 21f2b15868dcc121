"""What a callback says: its name, whom it is about, and the fields wechatpy's event classes read it by."""

import hashlib
from dataclasses import dataclass
from typing import Any

from wechatpy.enterprise import events as wecom
from wechatpy.fields import IntegerField, StringField

from backend.wechat.callbacks.envelope import fields_of

MAX_NAME = 64
MAX_SUBJECT = 128


class TemplateCardMenuEvent(wecom.events.BaseEvent):  # type: ignore[misc]  # wechatpy carries no types
    """A member chose from the menu in the corner of a card (document path 90240)."""

    event = "template_card_menu_event"
    agent = IntegerField("AgentID", 0)
    key = StringField("EventKey")
    task_id = StringField("TaskId")
    card_type = StringField("CardType")
    response_code = StringField("ResponseCode")


class TemplateCardEvent(TemplateCardMenuEvent):
    """A member pressed a button of a card, or submitted its selections."""

    event = "template_card_event"

    @property
    def selected(self) -> dict[str, list[str]]:
        """{question: [chosen options]}"""
        chosen: dict[str, list[str]] = {}
        for item in _listed(self._data.get("SelectedItems"), "SelectedItem"):
            if isinstance(item, dict) and item.get("QuestionKey"):
                options = _listed(item.get("OptionIds"), "OptionId")
                chosen[str(item["QuestionKey"])] = [str(option) for option in options if option is not None]
        return chosen


class ChangeContactEvent(wecom.events.BaseEvent):  # type: ignore[misc]
    """Something changed in the directory (96302 to 96304). Since 2022-08-15 little more than whom to look up."""

    event = "change_contact"
    change_type = StringField("ChangeType")
    user_id = StringField("UserID")
    new_user_id = StringField("NewUserID")
    party_id = StringField("Id")


for _event in (TemplateCardEvent, TemplateCardMenuEvent, ChangeContactEvent):
    wecom.EVENT_TYPES[_event.event] = _event


@dataclass(frozen=True, slots=True)
class Message:
    """One decrypted callback, in XML or JSON."""

    text: str
    fields: dict[str, Any]

    @classmethod
    def of(cls, text: str) -> "Message":
        """Raises CallbackMalformed."""
        return cls(text, fields_of(text))

    @property
    def digest(self) -> bytes:
        """Names the message: events carry no id, and the platform's advice, sender and second, is not enough: all
        events of a directory have one sender, and many happen in one second."""
        return hashlib.sha256(self.text.encode()).digest()

    @property
    def name(self) -> str:
        """The event in lower case, or the type of a message that is none."""
        kind = self._said("MsgType").lower()
        name = self._said("Event").lower() if kind == "event" else kind
        return (name or self._said("InfoType").lower())[:MAX_NAME]

    @property
    def subject(self) -> str:
        """Messages with one subject are worked on in the order of their arrival; empty: in any order."""
        if self.name == ChangeContactEvent.event:
            kind = "party" if self._said("Id") else "user"
            return f"{kind}:{self._said('Id') or self._said('UserID').lower()}"[:MAX_SUBJECT]
        task_id = self._said("TaskId")
        return f"card:{task_id}"[:MAX_SUBJECT] if task_id else ""

    @property
    def event(self) -> Any:
        """As the class of wechatpy that stands for this event of WeCom; None where there is none."""
        event_type = wecom.EVENT_TYPES.get(self.name)
        return event_type(dict(self.fields)) if event_type else None

    def _said(self, field: str) -> str:
        value = self.fields.get(field)
        return str(value) if isinstance(value, str | int) else ""


def _listed(holder: Any, name: str) -> list[Any]:
    """xmltodict gives nothing, one or several of an element as None, the thing itself or a list."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else [] if value is None else [value]

"""A member presses a button of a card: the event, the new response_code, and what the app's reply does to the card."""

import secrets
from xml.etree import ElementTree

from infra.simulators.wechat import cards
from infra.simulators.wechat.callbacks import events
from infra.simulators.wechat.callbacks.sender import OnReply
from infra.simulators.wechat.contracts import RESPONSE_SECONDS
from infra.simulators.wechat.model import App, Message, ResponseCode
from infra.simulators.wechat.replies import ApiError
from infra.simulators.wechat.state import State


class ClickError(ValueError):
    """No phone could do this."""


def press(
    state: State,
    app: App,
    user: str,
    task_id: str,
    key: str,
    *,
    selected: dict[str, list[str]],
    menu: bool = False,
    force: bool = False,
    spent: bool = False,
) -> tuple[bytes, OnReply]:
    """The event to send, and what to do with a passive reply. ClickError, unless forced, where there is no button."""
    message = newest(state, app, user, task_id)
    if not force:
        _check(message, key, menu)
    code = new_code(state, app, message.msgid if message else "")
    state.response_codes[code].used = spent
    plaintext = events.click(
        app.corp_id,
        message.user if message else user,
        state.now(),
        agent_id=app.agent_id or 0,
        key=key,
        task_id=task_id,
        card_type=str(message.content["card_type"]) if message else "button_interaction",
        response_code=code,
        selected=selected,
        menu=menu,
    )
    return plaintext, lambda reply: _replied(state, message, code, reply)


def new_code(state: State, app: App, msgid: str) -> str:
    """Good for one update of this message's card, for three days."""
    code = secrets.token_urlsafe(32)
    state.response_codes[code] = ResponseCode(app.key, msgid, state.now() + RESPONSE_SECONDS)
    return code


def replace_buttons(message: Message, text: str) -> None:
    message.replaced_by = text
    message.updates += 1


def replace_card(message: Message, card: dict[str, object]) -> None:
    """The new card answers to the old one's task_id unless it names its own; `replace_text` greys its buttons out."""
    kept = {"task_id": message.content["task_id"]} if "task_id" in message.content else {}
    message.content, message.replaced_by = kept | card, str(card.get("replace_text", ""))
    message.updates += 1


def buttons(card: dict[str, object]) -> list[dict[str, str]]:
    """What can be pressed: buttons that are no mere links, or the button that submits answers."""
    if card["card_type"] == "button_interaction":
        listed: object = card.get("button_list", [])
    else:
        listed = [card["submit_button"]] if "submit_button" in card else []
    return [button for button in listed if button.get("type", 0) == 0] if isinstance(listed, list) else []


def menu_of(card: dict[str, object]) -> list[dict[str, str]]:
    menu = card.get("action_menu", {})
    return menu["action_list"] if isinstance(menu, dict) and "action_list" in menu else []


def newest(state: State, app: App, user: str, task_id: str) -> Message | None:
    mine = (
        message
        for message in reversed(state.messages)
        if (message.corp_id, message.agent_id) == app.key
        and message.user.lower() == user.lower()
        and message.msgtype == "template_card"
        and message.content.get("task_id") == task_id
    )
    return next(mine, None)


def _check(message: Message | None, key: str, menu: bool) -> None:
    if message is None:
        raise ClickError("this member has no such card")
    if message.recalled:
        raise ClickError("the card was recalled")
    if message.replaced_by and not menu:
        raise ClickError(f"the buttons are gone: {message.replaced_by}")
    offered = menu_of(message.content) if menu else buttons(message.content)
    if key not in [one["key"] for one in offered]:
        raise ClickError(f"the card has no button {key!r}")


def _replied(state: State, message: Message | None, code: str, reply: ElementTree.Element) -> str:
    """A passive reply changes the card of who clicked, and is taken to spend the code of the click."""
    kind = reply.findtext("MsgType")
    if message is None:
        return "no card to change"
    if kind == "update_button":
        text = reply.findtext("Button/ReplaceName")
        if not text:
            return "no ReplaceName"
        replace_buttons(message, text)
    elif kind == "update_template_card":
        element = reply.find("TemplateCard")
        if element is None:
            return "no TemplateCard"
        card = cards.from_xml(element)
        try:
            cards.check(card, sent=False)
        except ApiError as error:
            return f"{error.errcode} {error.text}"
        replace_card(message, card)
    else:
        return f"MsgType {kind!r}"
    state.response_codes[code].used = True
    return ""

"""Template cards of WeCom (document path 90236): made of plain words, and checked before they are sent.

A card that breaks a rule would be refused after the call, by a number (42027 to 42051 of path 90313); here it is found
by the same number before it, with the name of the field.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.wechat import text
from backend.wechat.errors import BadPayload

Card = dict[str, Any]

TITLE, DESCRIPTION, SUBTITLE, ROW_NAME, ROW_VALUE, BUTTON = 36, 44, 160, 5, 30, 10
"""Characters a phone shows; the platform takes more and advises against it."""
MAX_KEY_BYTES = 1024
MAX_ROWS, MAX_BUTTONS, MAX_OPTIONS, MAX_MENU, MAX_JUMPS = 6, 6, 10, 3, 3
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
TASK, KEYNAME, URL, APP_ID, CARD_TYPE, TITLE_MISSING, ROWS = 42014, 42027, 42028, 42030, 42031, 42033, 42035
OPTIONS, BUTTONS, KEY, OPTION_ID, OPTION_TEXT = 42037, 42038, 42039, 42040, 42041
JUMPS, QUESTION, ACTION, MENU_KEY, SHAPE = 42042, 42043, 42045, 42051, 40058
NEEDED_BY_ROW = {1: ("url", URL), 2: ("media_id", 42029), 3: ("userid", 42050)}


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    key: str
    """What the click carries back: the name of a button, never a permission."""
    style: int = 1


def button_card(
    *,
    task_id: str,
    title: str,
    description: str = "",
    rows: Sequence[tuple[str, str]] = (),
    url: str = "",
    buttons: Sequence[Button],
) -> Card:
    """A card that asks, with a button for each answer. `task_id`: opaque, used once, by which a click is recognised."""
    parts = [{"text": _cut(each.text, BUTTON), "style": each.style, "key": each.key} for each in buttons]
    card = _card("button_interaction", title, description, rows, url) | {"task_id": task_id, "button_list": parts}
    check(card)
    return card


def notice_card(*, title: str, description: str = "", rows: Sequence[tuple[str, str]] = (), url: str) -> Card:
    """A card that tells, and opens a page of ours; also what a decided card is replaced with."""
    card = _card("text_notice", title, description, rows, url)
    check(card)
    return card


def _card(kind: str, title: str, description: str, rows: Sequence[tuple[str, str]], url: str) -> Card:
    card: Card = {
        "card_type": kind,
        "main_title": {"title": _cut(title, TITLE), "desc": _cut(description, DESCRIPTION)},
        "horizontal_content_list": [
            {"keyname": _cut(name, ROW_NAME), "value": _cut(value, ROW_VALUE)} for name, value in rows
        ],
    }
    return card | ({"card_action": {"type": 1, "url": url}} if url else {})


def _cut(words: str, most: int) -> str:
    line = text.one_line(words)
    return line if len(line) <= most else line[: most - 1] + text.ELLIPSIS


def check(card: Card, *, is_sent: bool = True) -> None:
    """Raises BadPayload for the first rule the card breaks. `is_sent`: not one that takes the place of another.

    Kinds: text_notice and button_interaction, the two we send.
    """
    kind = card.get("card_type")
    if kind not in ("text_notice", "button_interaction"):
        raise _broken("card_type", CARD_TYPE)
    if "action_menu" in card:
        _check_menu(_part(card, "action_menu"))
    is_interactive = kind == "button_interaction" or "action_menu" in card
    if is_sent and (is_interactive or "task_id" in card) and not TASK_ID.fullmatch(str(card.get("task_id", ""))):
        raise _broken("task_id", TASK)
    if not _part(card, "main_title").get("title") and not (kind == "text_notice" and card.get("sub_title_text")):
        raise _broken("main_title.title", TITLE_MISSING)
    for row in _items(card, "horizontal_content_list", 0, MAX_ROWS, ROWS):
        _check_row(row)
    for jump in _items(card, "jump_list", 0, MAX_JUMPS, JUMPS):
        _need(jump, "title", TITLE_MISSING)
        _check_target(jump)
    _check_action(card, is_needed=kind == "text_notice")
    if kind == "button_interaction":
        _check_buttons(card)


def _check_row(row: Card) -> None:
    _need(row, "keyname", KEYNAME)
    kind = row.get("type", 0)
    if kind not in (0, *NEEDED_BY_ROW):
        raise _broken("horizontal_content_list.type", SHAPE)
    if kind:
        _need(row, *NEEDED_BY_ROW[kind])


def _check_action(card: Card, *, is_needed: bool) -> None:
    if not is_needed and "card_action" not in card:
        return
    action = _part(card, "card_action")
    if action.get("type") not in ((1, 2) if is_needed else (0, 1, 2)):
        raise _broken("card_action", ACTION)
    _check_target(action)


def _check_target(action: Card) -> None:
    if action.get("type") == 1:
        _need(action, "url", URL)
    elif action.get("type") == 2:
        _need(action, "appid", APP_ID)


def _check_menu(menu: Card) -> None:
    actions = _items(menu, "action_list", 1, MAX_MENU, SHAPE)
    for action in actions:
        _need(action, "text", BUTTONS)
        _need(action, "key", KEY, MAX_KEY_BYTES)
    _unlike([action["key"] for action in actions], "action_menu.action_list.key", MENU_KEY)


def _check_buttons(card: Card) -> None:
    keys = []
    for button in _items(card, "button_list", 1, MAX_BUTTONS, BUTTONS):
        _need(button, "text", BUTTONS)
        if button.get("type", 0) == 1:
            _need(button, "url", URL)
        else:
            _need(button, "key", KEY, MAX_KEY_BYTES)
            keys.append(button["key"])
    _unlike(keys, "button_list.key", KEY)
    if "button_selection" in card:
        question = _part(card, "button_selection")
        _need(question, "question_key", QUESTION, MAX_KEY_BYTES)
        for option in _items(question, "option_list", 1, MAX_OPTIONS, OPTIONS):
            _need(option, "id", OPTION_ID, 128)
            _need(option, "text", OPTION_TEXT)


def _unlike(keys: list[str], field: str, errcode: int) -> None:
    if len(set(keys)) < len(keys):
        raise _broken(f"{field} repeated", errcode)


def _part(card: Card, field: str) -> Card:
    value = card.get(field, {})
    if not isinstance(value, dict):
        raise _broken(field, SHAPE)
    return value


def _items(card: Card, field: str, least: int, most: int, errcode: int) -> list[Card]:
    value = card.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _broken(field, SHAPE)
    if not least <= len(value) <= most:
        raise _broken(f"{field} has {len(value)}", errcode)
    return value


def _need(part: Card, field: str, errcode: int, max_bytes: int | None = None) -> None:
    value = part.get(field)
    if not isinstance(value, str) or not value or (max_bytes is not None and len(value.encode()) > max_bytes):
        raise _broken(field, errcode)


def _broken(field: str, errcode: int) -> BadPayload:
    return BadPayload(f"template_card - {field} ({errcode})", errcode=errcode)

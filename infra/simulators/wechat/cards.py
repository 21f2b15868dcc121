"""Validation of template cards (document 90236; error codes 42014 to 42051 of document 90313)."""

import re
from typing import Any
from xml.etree import ElementTree

from infra.simulators.wechat.model import App
from infra.simulators.wechat.replies import ApiError
from infra.simulators.wechat.state import State

Json = dict[str, Any]

TYPES = ("text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction")
INTERACTIVE = TYPES[2:]
ROW_NEEDS = {1: ("url", 42028), 2: ("media_id", 42029), 3: ("userid", 42050)}
CAMEL = re.compile("(?<!^)(?=[A-Z])")
NUMBERS = ("type", "style", "desc_color", "disable_replace_text")
RENAMED = {"key_name": "keyname", "app_id": "appid", "page_path": "pagepath", "user_id": "userid"}
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")


def check(card: Json, *, sent: bool = True) -> None:
    """Raise the documented errcode of the first thing that is wrong with the card, sent or in place of one."""
    kind = card.get("card_type")
    if kind not in TYPES:
        raise ApiError(42031, "invalid Template_Card.CardType")
    for part in ("source", "emphasis_content", "quote_area"):
        _object(card, part)
    if "action_menu" in card:
        _check_action_menu(_object(card, "action_menu"))
    task_id = card.get("task_id", "" if can_be_updated(card) else "unused")
    if sent and not (isinstance(task_id, str) and TASK_ID.fullmatch(task_id)):
        raise ApiError(42014, "invalid task_id")
    title = _object(card, "main_title").get("title")
    if not title and not (kind == "text_notice" and card.get("sub_title_text")):
        raise ApiError(42033, "Template_Card missing Title")
    for row in _items(card, "horizontal_content_list", 0, 6, 42035):
        _require(row, "keyname", 42027)
        if row.get("type", 0) not in (0, *ROW_NEEDS):
            raise ApiError(40058, "horizontal_content_list.type out of range")
        if row.get("type", 0):
            _require(row, *ROW_NEEDS[row["type"]])
    for jump in _items(card, "jump_list", 0, 3, 42042):
        _require(jump, "title", 42033)
        _check_target(jump)
    if kind in ("text_notice", "news_notice") or "card_action" in card:
        action = _object(card, "card_action")
        if action.get("type") not in ((1, 2) if kind in ("text_notice", "news_notice") else (0, 1, 2)):
            raise ApiError(42045, "Template_Card.card_action missing or invalid")
        _check_target(action)
    PARTS[kind](card)


def claim_task_id(state: State, app: App, card: Json) -> None:
    """A task_id is used once per app."""
    if task_id := card.get("task_id"):
        if (app.key, task_id) in state.task_ids:
            raise ApiError(42014, "task_id already exists")
        state.task_ids[app.key, task_id] = None


def can_be_updated(card: Json) -> bool:
    """Whether sending the card yields a response_code."""
    return card["card_type"] in INTERACTIVE or "action_menu" in card


def from_xml(element: ElementTree.Element) -> Json:
    """The card of a passive reply, whose names are in CamelCase and whose lists are repeated elements."""
    card: Json = {}
    for child in element:
        name = CAMEL.sub("_", child.tag).lower()
        name = RENAMED.get(name, name)
        value: Any = from_xml(child) if len(child) else (child.text or "")
        if name in NUMBERS and isinstance(value, str) and value.isdigit():
            value = int(value)
        if name.endswith("_list"):
            card.setdefault(name, []).append(value)
        else:
            card[name] = value
    return card


def _check_action_menu(menu: Json) -> None:
    actions = _items(menu, "action_list", 1, 3, 40058)
    for action in actions:
        _require(action, "text", 42038)
        _require(action, "key", 42039, most=1024)
    if len({action["key"] for action in actions}) < len(actions):
        raise ApiError(42051, "Template_Card.action_menu.action_list.key conflict")


def _check_news(card: Json) -> None:
    _require(_object(card, "card_image"), "url", 42044)


def _check_buttons(card: Json) -> None:
    keys = []
    for button in _items(card, "button_list", 1, 6, 42038):
        _require(button, "text", 42038)
        if button.get("type", 0) == 1:
            _require(button, "url", 42028)
        else:
            _require(button, "key", 42039, most=1024)
            keys.append(button["key"])
    if len(set(keys)) < len(keys):
        raise ApiError(42039, "Template_Card.button_list.key repeated")
    if "button_selection" in card:
        _check_question(_object(card, "button_selection"), most=10)


def _check_vote(card: Json) -> None:
    _check_question(_object(card, "checkbox"), most=20)
    _check_submit(card)


def _check_selects(card: Json) -> None:
    for select in _items(card, "select_list", 1, 3, 42047):
        _check_question(select, most=10)
    _check_submit(card)


PARTS = {
    "text_notice": lambda card: None,
    "news_notice": _check_news,
    "button_interaction": _check_buttons,
    "vote_interaction": _check_vote,
    "multiple_interaction": _check_selects,
}


def _check_submit(card: Json) -> None:
    button = _object(card, "submit_button")
    _require(button, "text", 42049)
    _require(button, "key", 42046, most=1024)


def _check_question(question: Json, *, most: int) -> None:
    _require(question, "question_key", 42043, most=1024)
    for option in _items(question, "option_list", 1, most, 42037):
        _require(option, "id", 42040, most=128)
        _require(option, "text", 42041)


def _check_target(action: Json) -> None:
    if action.get("type") == 1:
        _require(action, "url", 42028)
    elif action.get("type") == 2:
        _require(action, "appid", 42030)


def _object(parent: Json, field: str) -> Json:
    value = parent.get(field, {})
    if not isinstance(value, dict):
        raise ApiError(40058, f"{field} must be an object")
    return value


def _items(parent: Json, field: str, least: int, most: int, errcode: int) -> list[Json]:
    value = parent.get(field, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ApiError(40058, f"{field} must be a list of objects")
    if not least <= len(value) <= most:
        raise ApiError(errcode, f"Template_Card.{field} invalid length")
    return value


def _require(item: Json, field: str, errcode: int, most: int | None = None) -> None:
    value = item.get(field)
    if not isinstance(value, str) or not value or (most is not None and len(value.encode()) > most):
        raise ApiError(errcode, f"Template_Card.{field} missing or invalid")

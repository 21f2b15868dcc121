"""What a template asks for, in order, and how far a visit has come with it.

An action is JSON: `key`, `kind`, `title` {zh, en}, `required`, `only_if`, and by its kind `photo` {tag, minimum,
maximum}, `form_schema` or `must_list` (ids of products). `only_if` is null or {action, field, any_of}: an earlier
action that must be done and, with a field, whose form must hold one of these values.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices

from backend.core.text import bilingual
from backend.visits.rules.forms import Faults, fields_of, schema_faults

MOST_ACTIONS = 30
MOST_BYTES = 64 * 1024
Action = Mapping[str, Any]


class Kind(TextChoices):
    PHOTO = "photo", bilingual("拍照", "photo")
    FORM = "form", bilingual("表单", "form")
    STOCK = "stock", bilingual("库存盘点", "stock count")
    COMPETITOR = "competitor", bilingual("竞品记录", "competitor note")
    ORDER = "order", bilingual("下单", "order")
    PAYMENT = "payment", bilingual("付款承诺", "payment promise")
    NOTE = "note", bilingual("备注", "note")


class State(StrEnum):
    DONE = "done"
    MISSING = "missing"
    """Asked, required, and not done."""
    OPEN = "open"
    """Asked and optional, and not done."""
    NOT_ASKED = "not_asked"
    """Its condition does not hold; an answer that was given to it is kept and does not count."""


SETTINGS = {Kind.PHOTO: "photo", Kind.FORM: "form_schema", Kind.STOCK: "must_list"}
"""Kinds with settings of their own, and where those stand."""


@dataclass(frozen=True, slots=True)
class Given:
    """What there is of a visit: answers by key, photos by tag. A photo that is being processed counts, a refused one
    does not."""

    answers: Mapping[str, Any]
    photos: Mapping[str, int]


def definition_faults(actions: Sequence[Action], *, kinds: Mapping[str, str]) -> Faults:
    """What is wrong with the actions of a template, by path. `kinds` are those of all keys that were ever published in
    it: a key keeps its kind, so that statistics over versions mean one thing."""
    found: Faults = {}
    if not 1 <= len(actions) <= MOST_ACTIONS:
        found[""] = bilingual(f"须有 1 至 {MOST_ACTIONS} 个动作", f"1 to {MOST_ACTIONS} actions")
    if len(json.dumps(list(actions), ensure_ascii=False).encode()) > MOST_BYTES:
        found[""] = bilingual(f"最大 {MOST_BYTES // 1024} KB", f"at most {MOST_BYTES // 1024} KB")
    if found:
        return found
    earlier: dict[str, Action] = {}
    tags: set[str] = set()
    for place, action in enumerate(actions):
        key = action["key"]
        if key in earlier:
            found[f"{place}.key"] = bilingual("与前面的动作重复", "an earlier action has it")
        if kinds.get(key, action["kind"]) != action["kind"]:
            found[f"{place}.kind"] = bilingual("已发布的动作不能改变类型", "a published action keeps its kind")
        found |= {f"{place}.{path}": text for path, text in _settings_faults(action).items()}
        found |= {f"{place}.only_if.{path}": text for path, text in _condition_faults(action, earlier).items()}
        if (photo := action["photo"]) and photo["tag"] in tags:
            found[f"{place}.photo.tag"] = bilingual("与前面的动作重复", "an earlier action has it")
        tags |= {photo["tag"]} if photo else set()
        earlier.setdefault(key, action)
    return found


def states(actions: Iterable[Action], given: Given) -> dict[str, State]:
    """Of each action, in order."""
    by_key: dict[str, Action] = {}
    found: dict[str, State] = {}
    for action in actions:
        by_key[action["key"]] = action
        if not _asked(action, found, given):
            found[action["key"]] = State.NOT_ASKED
        elif _done(action, given):
            found[action["key"]] = State.DONE
        else:
            found[action["key"]] = State.MISSING if action["required"] else State.OPEN
    return found


def _asked(action: Action, so_far: Mapping[str, State], given: Given) -> bool:
    condition = action["only_if"]
    if condition is None:
        return True
    if so_far[condition["action"]] != State.DONE:
        return False
    if condition["field"] is None:
        return True
    value = given.answers[condition["action"]].get(condition["field"])
    return any(
        isinstance(value, bool) is isinstance(wanted, bool) and value == wanted for wanted in condition["any_of"]
    )


def _done(action: Action, given: Given) -> bool:
    if action["kind"] == Kind.PHOTO:
        wanted: Mapping[str, Any] = action["photo"]
        return bool(given.photos.get(wanted["tag"], 0) >= wanted["minimum"])
    return action["key"] in given.answers


def _settings_faults(action: Action) -> Faults:
    own = SETTINGS.get(Kind(action["kind"]))
    found: Faults = {
        name: bilingual("该类动作没有此设置", "this kind of action has no such setting")
        for name in SETTINGS.values()
        if name != own and action[name]
    }
    if own in ("photo", "form_schema") and action[own] is None:
        found[own] = bilingual("必填", "is required")
    elif own == "form_schema":
        found |= {f"form_schema.{path}".rstrip("."): text for path, text in schema_faults(action[own]).items()}
    elif own == "photo" and action[own]["minimum"] > action[own]["maximum"]:
        found["photo.minimum"] = bilingual("不得大于最多张数", "is more than the maximum")
    return found


def _condition_faults(action: Action, earlier: Mapping[str, Action]) -> Faults:
    condition = action["only_if"]
    if condition is None:
        return {}
    source = earlier.get(condition["action"])
    if source is None:
        return {"action": bilingual("须为前面的动作", "must be an earlier action")}
    if condition["field"] is None:
        return {"any_of": bilingual("须同时给出 field", "needs a field")} if condition["any_of"] else {}
    if source["kind"] != Kind.FORM or condition["field"] not in fields_of(source["form_schema"] or {}):
        return {"field": bilingual("该动作的表单没有这个字段", "the form of that action has no such field")}
    return {} if condition["any_of"] else {"any_of": bilingual("必填", "is required")}

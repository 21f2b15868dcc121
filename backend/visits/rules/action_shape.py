"""The form that actions come in, whoever writes them; what may be left out is filled in."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from backend.visits.rules.actions import MOST_ACTIONS, Action, Kind
from backend.visits.rules.form_words import said
from backend.visits.rules.forms import LARGEST, MOST_FAULTS, Faults

KEY = r"^[a-z][a-z0-9_]{0,31}\Z"
UUID_FORM = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"


def _text(most: int, least: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, **more}


def _whole(properties: Mapping[str, Any], *required: str, nullable: bool = False) -> dict[str, Any]:
    kind: Any = ["object", "null"] if nullable else "object"
    return {"type": kind, "properties": properties, "required": list(required), "additionalProperties": False}


_COUNT = {"type": "integer", "minimum": 1, "maximum": 50}
_SCALAR = {"type": ["boolean", "number", "string"], "minimum": -LARGEST, "maximum": LARGEST}
_ACTION = _whole(
    {
        "key": {"type": "string", "pattern": KEY},
        "kind": {"enum": Kind.values},
        "title": _whole({"zh": _text(64, 1), "en": _text(64)}, "zh"),
        "required": {"type": "boolean"},
        "only_if": _whole(
            {
                "action": {"type": "string", "pattern": KEY},
                "field": _text(64, 1) | {"type": ["string", "null"]},
                "any_of": {"type": "array", "maxItems": 20, "items": _SCALAR},
            },
            "action",
            nullable=True,
        ),
        "photo": _whole({"tag": _text(32, 1), "minimum": _COUNT, "maximum": _COUNT}, "tag", nullable=True),
        "form_schema": {"type": ["object", "null"]},
        "must_list": {"type": "array", "maxItems": 200, "items": {"type": "string", "pattern": UUID_FORM}},
    },
    "key",
    "kind",
    "title",
)
_SHAPE = Draft202012Validator({"type": "array", "minItems": 1, "maxItems": MOST_ACTIONS, "items": _ACTION})


def shape_faults(actions: Any) -> Faults:
    """What keeps this from being a list of actions, by path."""
    found: Faults = {}
    for misfit in _SHAPE.iter_errors(actions):
        for path, text in said(misfit):
            found.setdefault(path, text)
        if len(found) >= MOST_FAULTS:
            break
    return found


def whole(action: Action) -> dict[str, Any]:
    """With all that was left out."""
    condition, photo = action.get("only_if"), action.get("photo")
    return {
        "key": action["key"],
        "kind": action["kind"],
        "title": {"en": "", **action["title"]},
        "required": action.get("required", True),
        "only_if": {"field": None, "any_of": [], **condition} if condition else None,
        "photo": {"minimum": 1, "maximum": 20, **photo} if photo else None,
        "form_schema": action.get("form_schema"),
        "must_list": action.get("must_list", []),
    }

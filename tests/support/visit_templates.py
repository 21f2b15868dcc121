"""Templates as an administrator writes them, and visits that follow them."""

from typing import Any
from uuid import uuid4

from tests.support.visits import checked_in

SHELF = {
    "type": "object",
    "properties": {
        "facings": {"type": "integer", "title": "排面数", "minimum": 0, "maximum": 500},
        "display": {"type": "string", "enum": ["好", "一般", "差"]},
        "rival": {"type": "boolean"},
        "brand": {"type": "string", "maxLength": 32},
    },
    "required": ["facings", "rival"],
    "if": {"properties": {"rival": {"const": True}}, "required": ["rival"]},
    "then": {"required": ["brand"]},
}
"""A form where one field is asked by what another says."""


def action(key: str, kind: str, **told: Any) -> dict[str, Any]:
    """As stored: with every setting."""
    settings: dict[str, Any] = {"only_if": None, "photo": None, "form_schema": None, "must_list": []}
    return {"key": key, "kind": kind, "title": {"zh": key, "en": ""}, "required": True, **settings, **told}


def photos(key: str, *, minimum: int = 1, maximum: int = 3, **told: Any) -> dict[str, Any]:
    return action(key, "photo", photo={"tag": key, "minimum": minimum, "maximum": maximum}, **told)


def form(key: str, schema: dict[str, Any] = SHELF, **told: Any) -> dict[str, Any]:
    return action(key, "form", form_schema=schema, **told)


def only_if(key: str, field: str | None = None, *any_of: Any) -> dict[str, Any]:
    return {"only_if": {"action": key, "field": field, "any_of": list(any_of)}}


def published(admin: Any, *actions: dict[str, Any], **told: Any) -> dict[str, Any]:
    """A template for all customers, unless told otherwise."""
    sent = {"id": str(uuid4()), "name": "门店拜访", "actions": list(actions), **told}
    reply = admin.post("/visit-templates", sent)
    assert reply.status_code == 201, reply.content
    return reply.json()


def visit_of(caller: Any, admin: Any, *actions: dict[str, Any]) -> dict[str, Any]:
    """Checked in, following a new template of these actions."""
    published(admin, *actions)
    return checked_in(caller)


def answer(caller: Any, visit: dict[str, Any], key: str, **answers: Any) -> Any:
    return caller.post(f"/visits/{visit['id']}/actions/{key}", answers)


def states(caller: Any, visit: dict[str, Any]) -> dict[str, str]:
    return {step["key"]: step["state"] for step in caller.get(f"/visits/{visit['id']}").json()["actions"]}


def faults(reply: Any) -> dict[str, str]:
    assert reply.status_code == 422, reply.content
    return {error["field"]: error["detail"] for error in reply.json()["errors"]}

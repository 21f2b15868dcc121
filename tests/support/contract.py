"""The committed contract, held against every answer that a test gets through `tests.support.client`."""

import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from jsonschema_rs import Draft202012Validator
from ninja import Schema

S = TypeVar("S", bound=Schema)
DOCUMENT = json.loads((Path(__file__).parents[2] / "mobile_api" / "openapi.json").read_text("utf-8"))
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def keep_to_it(reply: Any) -> None:
    """Fails on an undeclared status, and on a field too many, too few or of another type than declared."""
    match = reply.resolver_match if reply.status_code != 500 else None
    path = "/" + _PARAMETER.sub(r"{\1}", match.route) if match else ""
    method = reply.request["REQUEST_METHOD"].lower()
    declared = DOCUMENT["paths"].get(path, {}).get(method)
    if declared is None or reply.status_code == 304:
        return
    answer = declared["responses"].get(str(reply.status_code))
    assert answer is not None, f"{method} {path} answers {reply.status_code}, which it never declared"
    kind, kinds = reply.headers.get("Content-Type", "").split(";")[0], answer.get("content", {})
    if kind in kinds and kind.endswith("json"):
        validator = _validator(path, method, reply.status_code, kind)
        found = [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(reply.json())]
        assert not found, f"{method} {path} breaks the contract: {found[:5]}"
    else:
        assert not kinds or kinds.keys() & {kind, "*/*"}, f"{method} {path} answers {kind}, not {list(kinds)}"


@cache
def _validator(path: str, method: str, status: int, kind: str) -> Draft202012Validator:
    schema = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"][kind]["schema"]
    components = _closed() if status < 300 else DOCUMENT["components"]  # a problem may tell more
    return Draft202012Validator(schema | {"components": components}, validate_formats=True)


@cache
def _closed() -> dict[str, Any]:
    """The schemas with no room for what they do not name."""
    components: dict[str, Any] = deepcopy(DOCUMENT["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return components


def reads_as(schema: type[S], reply: Any) -> S:
    """The reply as the schema promises it; fails on a wrong type, a missing field and an undeclared one alike.

    For the reads that answer past ninja's own response validation.
    """
    assert reply.status_code in {200, 201}, reply.content
    model = schema.model_validate(reply.json())
    assert _shape(reply.json()) == _shape(model.model_dump(mode="json"))
    return model


def _shape(value: Any) -> Any:
    match value:
        case dict():
            return {key: _shape(item) for key, item in value.items()}
        case list():
            return [_shape(item) for item in value]
        case float() | int() if not isinstance(value, bool):
            return "number"
        case _:
            return type(value).__name__

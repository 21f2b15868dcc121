from typing import Any, TypeVar

from ninja import Schema

S = TypeVar("S", bound=Schema)


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

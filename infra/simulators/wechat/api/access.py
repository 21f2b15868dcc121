"""What every call with a token has in common."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from infra.simulators.wechat.contracts import TEXTS
from infra.simulators.wechat.replies import ApiError, Call
from infra.simulators.wechat.state import App, State

Handler = Callable[[State, Call], dict[str, object]]


class Endpoint(NamedTuple):
    method: str
    handler: Handler


def error(errcode: int, text: str = "") -> ApiError:
    return ApiError(errcode, text or TEXTS[errcode])


def app_of_token(state: State, call: Call) -> App:
    """The app whose token the call carries: 41001, 40014, 42001, or 60020 from a strange address."""
    value = call.query.get("access_token", "")
    if not value:
        raise error(41001)
    token = state.tokens.get(value)
    if token is None or token.revoked:
        raise error(40014)
    if state.now() >= token.expires_at:
        raise error(42001)
    corp_id, agent_id = token.app
    app = state.corps[corp_id].apps.get(agent_id) if corp_id in state.corps else None
    if app is None:
        raise error(40014)
    check_address(app, call)
    return app


def check_address(app: App, call: Call) -> None:
    if app.trusted_ips is not None and call.ip not in app.trusted_ips:
        raise error(60020)


def json_object(call: Call) -> dict[str, Any]:
    """The body as a JSON object: 40058 otherwise, 40033 for control characters and lone surrogates in it."""
    try:
        data = json.loads(call.body.decode("utf-8"), parse_constant=_refuse)
        texts = list(_texts(data))
    except (ValueError, RecursionError):
        raise error(40058, "json decode error") from None
    if not isinstance(data, dict):
        raise error(40058, "json is not an object")
    if any(REFUSED.search(text) for text in texts):
        raise error(40033)
    return data


REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _texts(item)


def _refuse(constant: str) -> None:
    raise ValueError(constant)

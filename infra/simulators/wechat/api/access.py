"""What every call with a token has in common."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import Account, App, AppKey, Receiver
from infra.simulators.wechat.replies import Answer, Call
from infra.simulators.wechat.state import State

Handler = Callable[[State, Call], Answer]


class Endpoint(NamedTuple):
    """A call of the platform; `wechat` where it is one of api.weixin and speaks that dialect."""

    method: str
    handler: Handler
    wechat: bool = False


def any_app(state: State, call: Call) -> App:
    """The app or assistant whose token the call carries: 41001, 40014, 42001, or 60020 from a strange address."""
    app = state.app(_holder(state, call, unknown=40014))
    if app is None:
        raise error(40014)
    check_address(app, call)
    return app


def app_of_token(state: State, call: Call) -> App:
    """As `any_app`, but 48002 for the contacts assistant."""
    app = any_app(state, call)
    if app.agent_id is None:
        raise error(48002)
    return app


def contacts_of_token(state: State, call: Call) -> App:
    """As `any_app`, but 48002 for an ordinary app."""
    app = any_app(state, call)
    if app.agent_id is not None:
        raise error(48002)
    return app


def account_of_token(state: State, call: Call) -> Account:
    """The account of WeChat whose token the call carries: 41001, 40001, 42001, or 40164 from a strange address."""
    account = state.accounts.get(_holder(state, call, unknown=40001)[0])
    if account is None:
        raise error(40001, "invalid credential, access_token is invalid or not latest")
    check_whitelist(account, call)
    return account


def mini_program_of_token(state: State, call: Call) -> Account:
    account = account_of_token(state, call)
    if account.kind != "mini_program":
        raise error(48001)
    return account


def official_account_of_token(state: State, call: Call) -> Account:
    account = account_of_token(state, call)
    if account.kind != "official_account":
        raise error(48001)
    return account


def _holder(state: State, call: Call, *, unknown: int) -> AppKey:
    value = call.query.get("access_token", "")
    if not value:
        raise error(41001)
    token = state.tokens.get(value)
    if token is None or token.revoked:
        raise error(unknown)
    if state.now() >= token.expires_at:
        raise error(42001)
    return token.app


def check_address(app: Receiver, call: Call) -> None:
    if app.trusted_ips is not None and call.ip not in app.trusted_ips:
        raise error(60020)


def check_details(app: App, call: Call) -> None:
    """Since 2022-08-15 the contacts assistant reads details only from addresses it called from before: 48009."""
    if app.agent_id is None and call.ip not in app.known_ips:
        raise error(48009)


def check_whitelist(account: Account, call: Call) -> None:
    if account.trusted_ips is not None and call.ip not in account.trusted_ips:
        raise error(40164, f"invalid ip {call.ip}, not in whitelist")


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


def number_of(call: Call, name: str) -> int:
    """A parameter that must be a number."""
    value = call.query.get(name, "")
    if not value.isascii() or not value.isdigit():
        raise error(40058, f"{name} missing or not a number")
    return int(value)


def text_of(data: dict[str, Any], name: str, *, missing: int = 40058, most: int | None = None) -> str:
    """A text of the body that must be there and at most so many bytes long."""
    value = data.get(name)
    if not isinstance(value, str) or not value or (most is not None and len(value.encode()) > most):
        raise error(missing, f"{name} missing or invalid")
    return value


REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from _texts(item)


def _refuse(constant: str) -> None:
    raise ValueError(constant)

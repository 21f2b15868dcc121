"""What the families of control calls share."""

import json
from collections.abc import Callable
from typing import Any

from infra.simulators.wechat.model import Account, App
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

Answer = dict[str, Any]
Action = Callable[[State, Call], Answer | Callable[[], Answer]]
"""Runs under the lock. What it returns to be called is called after the lock is released."""


class ControlError(ValueError):
    """The control call is wrong: answered as HTTP 400."""


def body(call: Call) -> Answer:
    data = json.loads(call.body or b"{}")
    if not isinstance(data, dict):
        raise ControlError("the body is a JSON object")
    return data


def app(state: State, data: Answer) -> App:
    """By `corp_id` (needless where there is one corporation) and `agent_id` (null: the contacts assistant)."""
    corp_id = data.get("corp_id") or (next(iter(state.corps)) if len(state.corps) == 1 else None)
    found = state.app((str(corp_id), data.get("agent_id")))
    if found is None:
        raise ControlError(f"no app {corp_id}/{data.get('agent_id')}")
    return found


def account(state: State, data: Answer) -> Account:
    found = state.accounts.get(str(data.get("app_id")))
    if found is None:
        raise ControlError(f"no account {data.get('app_id')}")
    return found

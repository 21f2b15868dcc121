"""The test's side of the stand-in: `/__sim/…`. Not part of the platform."""

import dataclasses
import json
import time
from typing import Any

from infra.simulators.wechat import faults
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import SeedError, State

Answer = dict[str, Any]


class ControlError(ValueError):
    """The control call is wrong: answered as HTTP 400."""


def handle(state: State, call: Call) -> Answer:
    """Answer a control call; ControlError says what is wrong with it."""
    action = ACTIONS.get((call.method, call.path))
    if action is None:
        raise ControlError(f"no such control: {call.method} {call.path}")
    try:
        return action(state, call)
    except (SeedError, faults.FaultError, json.JSONDecodeError) as error:
        raise ControlError(str(error)) from error


def _seed(state: State, call: Call) -> Answer:
    state.seed(_body(call))
    return {"corps": sorted(state.corps)}


def _messages(state: State, call: Call) -> Answer:
    """`?user=` for one member's phone; oldest first."""
    user = call.query.get("user", "").lower()
    found = [message for message in state.messages if user in ("", message.user.lower())]
    return {"messages": [dataclasses.asdict(message) for message in found]}


def _requests(state: State, call: Call) -> Answer:
    """`?path=` for one call of the platform; oldest first."""
    path = call.query.get("path", "")
    found = [request for request in state.requests if path in ("", request.path)]
    return {"requests": [dataclasses.asdict(request) for request in found]}


def _clock(state: State, call: Call) -> Answer:
    """`{"advance": seconds}` or `{"set": seconds since 1970}`; the clock runs on from there."""
    data = _body(call)
    advance, moment = data.get("advance", 0), data.get("set")
    if not isinstance(advance, int | float) or not isinstance(moment, int | float | None):
        raise ControlError("advance and set are numbers of seconds")
    if moment is not None:
        state.clock_offset = moment - time.time()
    state.clock_offset += advance
    return {"now": state.now()}


def _faults(state: State, call: Call) -> Answer:
    """`{"faults": [{"path", …}]}` replaces all faults; the fields are those of `faults.Fault`."""
    items = _body(call).get("faults")
    if not isinstance(items, list):
        raise ControlError("faults is a list")
    state.faults = [faults.parse(item) for item in items]
    return {"faults": len(state.faults)}


def _reset(state: State, call: Call) -> Answer:
    """Back to the state at start: the seed file, no messages, no faults, the true clock."""
    state.reset()
    return {"corps": sorted(state.corps)}


ACTIONS = {
    ("POST", "/__sim/seed"): _seed,
    ("GET", "/__sim/messages"): _messages,
    ("GET", "/__sim/requests"): _requests,
    ("POST", "/__sim/clock"): _clock,
    ("POST", "/__sim/faults"): _faults,
    ("POST", "/__sim/reset"): _reset,
}


def _body(call: Call) -> Answer:
    data = json.loads(call.body or b"{}")
    if not isinstance(data, dict):
        raise ControlError("the body is a JSON object")
    return data

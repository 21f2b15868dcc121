"""The test's side of the stand-in: `/__sim/…`. Not part of the platform."""

import json

from infra.simulators.wechat.control import basics, callbacks, pages, people
from infra.simulators.wechat.control.common import Action, Answer, ControlError
from infra.simulators.wechat.faults import FaultError
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.seeding import SeedError
from infra.simulators.wechat.state import State

ACTIONS: dict[tuple[str, str], Action] = basics.ACTIONS | people.ACTIONS | callbacks.ACTIONS | pages.ACTIONS


def handle(state: State, call: Call) -> Answer:
    """Answer a control call; ControlError says what is wrong with it. It is without the lock while it waits."""
    action = ACTIONS.get((call.method, call.path))
    if action is None:
        raise ControlError(f"no such control: {call.method} {call.path}")
    try:
        with state.lock:
            answer = action(state, call)
        return answer() if callable(answer) else answer
    except (SeedError, FaultError, json.JSONDecodeError) as error:
        raise ControlError(str(error)) from error

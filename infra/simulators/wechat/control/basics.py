"""Seed, look, set the clock, make things go wrong, begin again."""

import dataclasses
import time

from infra.simulators.wechat import faults
from infra.simulators.wechat.control.common import Action, Answer, ControlError, app, body
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def _seed(state: State, call: Call) -> Answer:
    state.seed(body(call))
    return {"corps": sorted(state.corps), "accounts": sorted(state.accounts)}


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
    data = body(call)
    advance, moment = data.get("advance", 0), data.get("set")
    if not isinstance(advance, int | float) or not isinstance(moment, int | float | None):
        raise ControlError("advance and set are numbers of seconds")
    if moment is not None:
        state.clock_offset = moment - time.time()
    state.clock_offset += advance
    return {"now": state.now()}


def _faults(state: State, call: Call) -> Answer:
    """`{"faults": [{"path", …}]}` replaces all faults; the fields are those of `faults.Fault`."""
    items = body(call).get("faults")
    if not isinstance(items, list):
        raise ControlError("faults is a list")
    state.faults = [faults.parse(item) for item in items]
    return {"faults": len(state.faults)}


def _names(state: State, call: Call) -> Answer:
    """What faults can be called by."""
    return {"names": faults.NAMED}


def _reset(state: State, call: Call) -> Answer:
    """Back to the state at start: the seed file, no messages, no faults, the true clock."""
    state.reset()
    return {"corps": sorted(state.corps), "accounts": sorted(state.accounts)}


def _revoke_tokens(state: State, call: Call) -> Answer:
    """Tokens die before their time: of one app (`corp_id`, `agent_id`) or account (`app_id`), or all of them."""
    data = body(call)
    key = (data["app_id"], None) if "app_id" in data else app(state, data).key if data else None
    dying = [token for token in state.tokens.values() if not token.revoked and key in (None, token.app)]
    for token in dying:
        token.revoked = True
    return {"revoked": len(dying)}


ACTIONS: dict[tuple[str, str], Action] = {
    ("POST", "/__sim/seed"): _seed,
    ("GET", "/__sim/messages"): _messages,
    ("GET", "/__sim/requests"): _requests,
    ("POST", "/__sim/clock"): _clock,
    ("POST", "/__sim/faults"): _faults,
    ("GET", "/__sim/faults"): _names,
    ("POST", "/__sim/reset"): _reset,
    ("POST", "/__sim/revoke_tokens"): _revoke_tokens,
}

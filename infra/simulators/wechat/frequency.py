"""How often WeCom may be called (document 90454), and how long it is deaf to whoever calls more often."""

from dataclasses import dataclass
from typing import Any

from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import App
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

GETTOKEN, USERINFO = "/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo"
DAY = 86_400


@dataclass
class Window:
    """So many calls since `began`; nobody is heard before `deaf_until`."""

    began: float
    calls: int = 0
    deaf_until: float = 0.0


def check(state: State, call: Call) -> None:
    """45009 where this corporation or this address has called this path too often: for a minute where it was too often
    for a minute, for an hour where for an hour. A code that is good is always heard."""
    if call.path == USERINFO and _is_good(state, call.query.get("code", "")):
        return
    for whose, of in (("corp", _corp_id(state, call)), ("address", call.ip)):
        if of:
            _count(state, (whose, of, call.path), state.frequency[whose])


def count_messages(state: State, app: App, receivers: int) -> None:
    """45009 where the app has written to more members today than so many for each account of the corporation."""
    most = state.frequency["messages_per_account"] * len(state.corp_of(app).users)
    now, key = state.now(), ("messages", app.key, DAY)
    window = state.windows.get(key)
    if window is None or now // DAY != window.began // DAY:
        window = state.windows[key] = Window(now)
    if window.calls + receivers > most:
        raise error(45009)
    window.calls += receivers


def _count(state: State, key: tuple[Any, ...], limits: list[list[int]]) -> None:
    now = state.now()
    for seconds, most in limits:
        window = state.windows.get((*key, seconds))
        if window is None or now >= window.began + seconds:
            deaf_until = window.deaf_until if window else 0.0
            window = state.windows[(*key, seconds)] = Window(now, deaf_until=deaf_until)
        window.calls += 1
        if window.calls > most and window.deaf_until <= now:
            window.deaf_until = now + seconds
        if window.deaf_until > now:
            raise error(45009)


def _corp_id(state: State, call: Call) -> str:
    if call.path == GETTOKEN:
        return call.query.get("corpid", "")
    token = state.tokens.get(call.query.get("access_token", ""))
    return token.app[0] if token else ""


def _is_good(state: State, value: str) -> bool:
    code = state.codes.get(value)
    return code is not None and not code.used and state.now() < code.expires_at

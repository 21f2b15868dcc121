"""GET gettoken (document 91039): one token per app, which may die before its time."""

import secrets

from infra.simulators.wechat.api.access import Endpoint, check_address
from infra.simulators.wechat.contracts import TOKEN_GRACE_SECONDS, TOKEN_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import App, Token
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def gettoken(state: State, call: Call) -> dict[str, object]:
    corp_id, secret = call.query.get("corpid", ""), call.query.get("corpsecret", "")
    if not corp_id:
        raise error(41002)
    if not secret:
        raise error(41004)
    if corp_id not in state.corps:
        raise error(40013)
    owner = next((app for app in state.apps() if app.secret == secret), None)
    if owner is None or not owner.enabled:
        raise error(40001)
    if owner.corp_id != corp_id:
        raise error(40091)
    check_address(owner, call)
    value, seconds = _issue(state, owner)
    return {"errcode": 0, "errmsg": "ok", "access_token": value, "expires_in": seconds}


def _issue(state: State, app: App) -> tuple[str, int]:
    """A token by the mode of the scenario.

    `rotate`, the harshest reading of the documentation: a new token ends the old one at once.
    `grace`: the old one lives five more minutes. `same`: while one is valid it is handed out again.
    """
    now = state.now()
    for value, token in state.tokens.items():
        if token.app != app.key or token.revoked or token.expires_at <= now:
            continue
        if state.token_mode == "same":
            return value, int(token.expires_at - now)
        if state.token_mode == "grace":
            token.expires_at = min(token.expires_at, now + TOKEN_GRACE_SECONDS)
        else:
            token.revoked = True
    value = secrets.token_urlsafe(160)
    state.tokens[value] = Token(app.key, now + TOKEN_SECONDS)
    return value, TOKEN_SECONDS


ROUTES = {"/cgi-bin/gettoken": Endpoint("GET", gettoken)}

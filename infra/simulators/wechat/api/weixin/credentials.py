"""cgi-bin/token, where a new token soon ends the old one, and stable_token, which gives the same one to everybody."""

import secrets
from collections.abc import Mapping
from typing import Any

from infra.simulators.wechat.api.access import Endpoint, check_whitelist, json_object
from infra.simulators.wechat.contracts import PLAIN_TOKENS, STABLE_REFRESHES, TOKEN_GRACE_SECONDS, TOKEN_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.limits import spend
from infra.simulators.wechat.model import Account, Token
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def token(state: State, call: Call) -> dict[str, object]:
    account = account_of_secret(state, call.query)
    _check_grant(call.query)
    check_whitelist(account, call)
    if not spend(state, ("token", account.app_id), PLAIN_TOKENS):
        raise error(45009)
    now = state.now()
    for _, old in _living(state, account, "token"):
        if state.token_mode == "rotate":
            old.revoked = True
        else:
            old.expires_at = min(old.expires_at, now + TOKEN_GRACE_SECONDS)
    return _issue(state, account, "token")


def stable_token(state: State, call: Call) -> dict[str, object]:
    data = json_object(call)
    account = account_of_secret(state, data)
    _check_grant(data)
    check_whitelist(account, call)
    force = data.get("force_refresh", False)
    if type(force) is not bool:
        raise error(40097, "force_refresh is a boolean")
    living = _living(state, account, "stable")
    if force:
        if not spend(state, ("stable_token", account.app_id), STABLE_REFRESHES):
            raise error(45009, "reach max api daily quota limit")
        for _, old in living:
            old.revoked = True
    elif living:
        value, newest = living[-1]
        remaining = int(newest.expires_at - state.now())
        if remaining > TOKEN_GRACE_SECONDS:
            return {"access_token": value, "expires_in": remaining}
    return _issue(state, account, "stable")


def account_of_secret(state: State, given: Mapping[str, Any]) -> Account:
    """The account that names itself: 41002, 41004, 40013 or 40125."""
    app_id, secret = given.get("appid"), given.get("secret")
    if not app_id:
        raise error(41002, "appid missing")
    if not secret:
        raise error(41004, "appsecret missing")
    account = state.accounts.get(app_id) if isinstance(app_id, str) else None
    if account is None:
        raise error(40013, "invalid appid")
    if account.secret != secret or not account.enabled:
        raise error(40125)
    return account


def _check_grant(given: Mapping[str, Any]) -> None:
    if given.get("grant_type") != "client_credential":
        raise error(40002)


def _living(state: State, account: Account, family: str) -> list[tuple[str, Token]]:
    now = state.now()
    mine = ((v, t) for v, t in state.tokens.items() if t.app == account.key and t.family == family)
    return [(value, token) for value, token in mine if not token.revoked and token.expires_at > now]


def _issue(state: State, account: Account, family: str) -> dict[str, object]:
    value = secrets.token_urlsafe(100)
    state.tokens[value] = Token(account.key, state.now() + TOKEN_SECONDS, family=family)
    return {"access_token": value, "expires_in": TOKEN_SECONDS}


ROUTES = {
    "/cgi-bin/token": Endpoint("GET", token, wechat=True),
    "/cgi-bin/stable_token": Endpoint("POST", stable_token, wechat=True),
}

"""The page `/connect/oauth2/authorize` (scanned: `/wwopen/sso/qrConnect`): say who you are, go back with a code.

`sim_user` in the address chooses without the page. A redirection must lead to a trusted domain, its port included.
"""

import re
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from infra.simulators.wechat import codes
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import Account, App, Corp
from infra.simulators.wechat.replies import ApiError, Call, Raw
from infra.simulators.wechat.state import State

PATHS = ("/connect/oauth2/authorize", "/wwopen/sso/qrConnect")
SHOWN = 60
STATE = re.compile(r"[a-zA-Z0-9]{0,128}")
STRANGER = "?stranger"
"""The `sim_user` of somebody who is no member of the corporation."""

PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>登录</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 1rem; background: #eef0f3 }}
a {{ display: block; background: #fff; border-radius: .75rem; padding: .75rem 1rem; margin: .5rem 0; color: #1c1f23;
    text-decoration: none; box-shadow: 0 1px 3px #0002 }}
h1 {{ font-size: 1.35rem }} small {{ color: #6b7280 }}
</style></head><body>{body}</body></html>"""


def page(state: State, call: Call) -> Raw:
    try:
        return _page(state, call.query)
    except ApiError as refused:
        body = f"<h1>无法登录</h1><p>{escape(refused.text)}</p><p><small>errcode {refused.errcode}</small></p>"
        return _html(body)


def _page(state: State, query: dict[str, str]) -> Raw:
    if query.get("response_type", "code") != "code":
        raise error(40058, "response_type must be code")
    if not STATE.fullmatch(query.get("state", "")):
        raise error(40058, "state: at most 128 of a-zA-Z0-9")
    holder = query.get("appid", "")
    if holder in state.corps:
        return _of_corp(state, state.corps[holder], query)
    account = state.accounts.get(holder)
    if account is None or account.kind != "official_account":
        raise error(40013)
    return _of_account(state, account, query)


def _of_corp(state: State, corp: Corp, query: dict[str, str]) -> Raw:
    scope = query.get("scope", "snsapi_base")
    if scope not in ("snsapi_base", "snsapi_privateinfo"):
        raise error(40058, "unknown scope")
    if scope == "snsapi_privateinfo" and "agentid" not in query:
        raise error(41011)
    app = _app(corp, query)
    chosen = query.get("sim_user")
    if chosen is None:
        people = [(user.user_id, user.name or user.user_id) for user in list(corp.users.values())[:SHOWN]]
        return _choice(
            query, f"{corp.name or corp.corp_id} · {app.name}", [*people, (STRANGER, "外部联系人（不是成员）")]
        )
    if chosen == STRANGER:
        return _back(query, codes.issue(state, codes.OAUTH, app.key, "o-stranger", scope=scope, member=False))
    user = corp.users.get(chosen.lower())
    if user is None:
        raise error(60111)
    return _back(query, codes.issue(state, codes.OAUTH, app.key, user.user_id, scope=scope))


def _app(corp: Corp, query: dict[str, str]) -> App:
    """The app named by agent id, or else the one that trusts the domain."""
    named = query.get("agentid")
    apps = [app for app in corp.apps.values() if named is None or str(app.agent_id) == named]
    if not apps:
        raise error(40056)
    trusted = next((app for app in apps if _domain(query) in app.trusted_domains), None)
    if trusted is None:
        raise error(50001)
    return trusted


def _of_account(state: State, account: Account, query: dict[str, str]) -> Raw:
    scope = query.get("scope", "")
    if scope not in ("snsapi_base", "snsapi_userinfo"):
        raise error(40058, "unknown scope")
    if _domain(query) not in account.trusted_domains:
        raise error(50001)
    chosen = query.get("sim_user")
    if chosen is None:
        return _choice(query, account.name, [(name, name) for name in list(state.people)[:SHOWN]])
    person = state.people.get(chosen)
    if person is None:
        raise error(40003)
    return _back(query, codes.issue(state, codes.OFFICIAL_ACCOUNT, account.key, person.openid(account), scope=scope))


def _domain(query: dict[str, str]) -> str:
    parts = urlsplit(query.get("redirect_uri", ""))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise error(50001)
    return parts.netloc


def _choice(query: dict[str, str], title: str, people: list[tuple[str, str]]) -> Raw:
    links = "".join(
        f'<a href="?{escape(urlencode(query | {"sim_user": value}))}">{escape(name)} {_id(value)}</a>'
        for value, name in people
    )
    return _html(f"<h1>{escape(title)}</h1><p>您是谁？以谁的身份登录？</p>{links}")


def _id(value: str) -> str:
    return "" if value == STRANGER else f"<small>{escape(value)}</small>"


def _back(query: dict[str, str], code: str) -> Raw:
    parts = urlsplit(query["redirect_uri"])
    added = [*parse_qsl(parts.query, keep_blank_values=True), ("code", code), ("state", query.get("state", ""))]
    return Raw(headers={"Location": urlunsplit(parts._replace(query=urlencode(added)))}, status=302)


def _html(body: str) -> Raw:
    headers = {"Content-Type": "text/html; charset=utf-8"}
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return Raw(PAGE.format(body=body).encode(), headers)

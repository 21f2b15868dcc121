"""Who has come: web page login (documents 96442, 98177, 95833) and WeCom mini-programs (document 96959)."""

import secrets

from infra.simulators.wechat import codes
from infra.simulators.wechat.api.access import Endpoint, app_of_token, json_object
from infra.simulators.wechat.contracts import USER_TICKET_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import App, Code
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

PRIVATE = "snsapi_privateinfo"
TICKET = "user_ticket"
DETAILS = ("gender", "avatar", "qr_code", "mobile", "email", "biz_mail", "address")


def getuserinfo(state: State, call: Call) -> dict[str, object]:
    app, code = _spend(state, call)
    if not code.member:
        return _ok(openid=code.subject, external_userid="wm" + code.subject)
    answer = _ok(userid=code.subject)
    if code.scope == PRIVATE and state.corp_of(app).sees(app, code.subject.lower()):
        answer["user_ticket"] = codes.issue(state, TICKET, app.key, code.subject)
        state.codes[str(answer["user_ticket"])].expires_at = state.now() + USER_TICKET_SECONDS
    return answer


def getuserinfo_of_old(state: State, call: Call) -> dict[str, object]:
    """The same under the old address, whose names begin with capitals."""
    _, code = _spend(state, call)
    if not code.member:
        return _ok(OpenId=code.subject, DeviceId="")
    return _ok(UserId=code.subject, DeviceId=f"device-of-{code.subject}")


def _spend(state: State, call: Call) -> tuple[App, Code]:
    app = app_of_token(state, call)
    value = call.query.get("code", "")
    if not value:
        raise error(41008)
    code = codes.find(state, (codes.OAUTH,), value, spent=42022, expired=42003)
    if code.app != app.key:
        raise error(50001)
    code.used = True
    return app, code


def getuserdetail(state: State, call: Call) -> dict[str, object]:
    """What the member lets the app have; the ticket may be used again until it ends."""
    app = app_of_token(state, call)
    value = json_object(call).get("user_ticket")
    ticket = state.codes.get(value) if isinstance(value, str) else None
    if ticket is None or ticket.kind != TICKET or ticket.app != app.key:
        raise error(84015)
    if state.now() >= ticket.expires_at:
        raise error(84014)
    user = state.corp_of(app).members_seen_by(app).get(ticket.subject.lower())
    if user is None:
        raise error(60011)
    known = {name: getattr(user, name) for name in DETAILS if name not in user.withheld}
    return _ok(userid=user.user_id, **{name: value for name, value in known.items() if value})


def jscode2session(state: State, call: Call) -> dict[str, object]:
    """The token must be that of an app of the member's corporation which is linked with the mini-program."""
    app = app_of_token(state, call)
    if call.query.get("grant_type") != "authorization_code":
        raise error(40058, "grant_type must be authorization_code")
    value = call.query.get("js_code", "")
    if not value:
        raise error(41008)
    code = codes.find(state, (codes.WECOM_MINI_PROGRAM,), value, spent=40163, expired=42003)
    if code.app[0] != app.corp_id or code.scope not in app.mini_programs:
        raise error(40014)
    code.used = True
    return _ok(corpid=app.corp_id, userid=code.subject, session_key=secrets.token_urlsafe(18))


def _ok(**fields: object) -> dict[str, object]:
    return {"errcode": 0, "errmsg": "ok", **fields}


ROUTES = {
    "/cgi-bin/auth/getuserinfo": Endpoint("GET", getuserinfo),
    "/cgi-bin/user/getuserinfo": Endpoint("GET", getuserinfo_of_old),
    "/cgi-bin/auth/getuserdetail": Endpoint("POST", getuserdetail),
    "/cgi-bin/miniprogram/jscode2session": Endpoint("GET", jscode2session),
}

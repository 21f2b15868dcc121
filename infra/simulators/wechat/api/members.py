"""Members (documents 90196, 90200, 90201, 96067): details by an app within its range, ids alone by the assistant."""

import base64

from infra.simulators.wechat.api.access import (
    Endpoint,
    any_app,
    check_details,
    contacts_of_token,
    json_object,
    number_of,
)
from infra.simulators.wechat.api.departments import department_for
from infra.simulators.wechat.contracts import IDS_PER_PAGE, USER_ID
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import App, User
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

PERSONAL = ("mobile", "gender", "email", "biz_mail", "avatar", "qr_code", "address")


def get(state: State, call: Call) -> dict[str, object]:
    app = any_app(state, call)
    check_details(app, call)
    user_id = call.query.get("userid", "")
    if not user_id:
        raise error(41009)
    if not USER_ID.fullmatch(user_id):
        raise error(40003)
    corp, key = state.corp_of(app), user_id.lower()
    if key not in corp.users:
        raise error(60111)
    if not corp.sees(app, key):
        raise error(60011)
    return {"errcode": 0, "errmsg": "ok", **_details(corp.users[key], app)}


def list_details(state: State, call: Call) -> dict[str, object]:
    app, members = _direct_members(state, call)
    return {"errcode": 0, "errmsg": "ok", "userlist": [_details(user, app) for user in members]}


def list_names(state: State, call: Call) -> dict[str, object]:
    _, members = _direct_members(state, call)
    names = [{"userid": user.user_id, "name": user.name, "department": user.departments} for user in members]
    return {"errcode": 0, "errmsg": "ok", "userlist": names}


def list_ids(state: State, call: Call) -> dict[str, object]:
    """Every member of the corporation, once for each of his departments, page by page."""
    app, data = contacts_of_token(state, call), json_object(call)
    cursor, limit = data.get("cursor", ""), data.get("limit", IDS_PER_PAGE)
    if type(limit) is not int or not 0 < limit <= IDS_PER_PAGE:
        raise error(40058, "limit out of range")
    start = _read_cursor(cursor)
    rows = [
        {"userid": user.user_id, "department": number}
        for user in state.corp_of(app).users.values()
        for number in user.departments
    ]
    end = start + limit
    following = base64.urlsafe_b64encode(f"at:{end}".encode()).decode() if end < len(rows) else ""
    return {"errcode": 0, "errmsg": "ok", "next_cursor": following, "dept_user": rows[start:end]}


def _read_cursor(cursor: object) -> int:
    if cursor == "":
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(str(cursor)).decode().partition(":")
        if word != "at":
            raise ValueError(cursor)
        return int(number)
    except ValueError:
        raise error(40058, "invalid cursor") from None


def _direct_members(state: State, call: Call) -> tuple[App, list[User]]:
    app = any_app(state, call)
    check_details(app, call)
    department = department_for(state, app, number_of(call, "department_id"))
    seen = state.corp_of(app).members_seen_by(app)
    return app, [user for user in seen.values() if department.id in user.departments]


def _details(user: User, app: App) -> dict[str, object]:
    found: dict[str, object] = {
        "userid": user.user_id,
        "name": user.name,
        "department": user.departments,
        "order": [0] * len(user.departments),
        "position": user.position,
        "is_leader_in_dept": [int(number in user.leader_of) for number in user.departments],
        "direct_leader": user.direct_leader,
        "main_department": user.main,
        "status": user.status,
        "enable": int(user.status != 2),
        "alias": user.alias,
        "telephone": user.telephone,
        "extattr": {"attrs": []},
    }
    if app.agent_id is None or app.personal_data:
        found |= {name: getattr(user, name) for name in PERSONAL}
    return found


ROUTES = {
    "/cgi-bin/user/get": Endpoint("GET", get),
    "/cgi-bin/user/list": Endpoint("GET", list_details),
    "/cgi-bin/user/simplelist": Endpoint("GET", list_names),
    "/cgi-bin/user/list_id": Endpoint("POST", list_ids),
}

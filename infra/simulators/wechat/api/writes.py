"""What the contacts assistant changes itself (documents 90195, 90197, 90198, 90205 to 90207). It is not told of it."""

from typing import Any

from infra.simulators.wechat import directory
from infra.simulators.wechat.api.access import Endpoint, contacts_of_token, json_object, number_of
from infra.simulators.wechat.contracts import USER_ID
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import ROOT, Corp
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

Json = dict[str, Any]
SAME = ("name", "position", "mobile", "gender", "email", "biz_mail", "telephone", "alias", "address", "direct_leader")
TEXTS = frozenset(SAME) - {"direct_leader"}


def create_user(state: State, call: Call) -> Json:
    corp, data = _asked(state, call)
    key = _user_key(data.get("userid"))
    if key in corp.users:
        raise error(60102)
    if not data.get("name"):
        raise error(40058, "name missing")
    fields = {"departments": [ROOT]} | _member(corp, data)
    return _made(corp, "create_user", fields | {"user_id": data["userid"]}, "created")


def update_user(state: State, call: Call) -> Json:
    corp, data = _asked(state, call)
    if _user_key(data.get("userid")) not in corp.users:
        raise error(60111)
    return _made(corp, "update_user", _member(corp, data) | {"user_id": data["userid"]}, "updated")


def delete_user(state: State, call: Call) -> Json:
    corp = state.corp_of(contacts_of_token(state, call))
    if _user_key(call.query.get("userid")) not in corp.users:
        raise error(60111)
    return _made(corp, "delete_user", {"user_id": call.query["userid"]}, "deleted")


def create_party(state: State, call: Call) -> Json:
    corp, data = _asked(state, call)
    fields = _party(corp, data)
    if "parentid" not in fields:
        raise error(60004)
    if not fields.get("name"):
        raise error(40058, "name missing")
    siblings = {one.name for one in corp.departments.values() if one.parentid == fields["parentid"]}
    if fields.get("id") in corp.departments or fields["name"] in siblings:
        raise error(60008)
    _made(corp, "create_party", fields, "created")
    return {"errcode": 0, "errmsg": "created", "id": fields.get("id", max(corp.departments))}


def update_party(state: State, call: Call) -> Json:
    corp, data = _asked(state, call)
    fields = _party(corp, data)
    if fields.get("id") not in corp.departments:
        raise error(60123)
    return _made(corp, "update_party", fields, "updated")


def delete_party(state: State, call: Call) -> Json:
    corp, id = state.corp_of(contacts_of_token(state, call)), number_of(call, "id")
    if id not in corp.departments:
        raise error(60123)
    if any(id in user.departments for user in corp.users.values()):
        raise error(60005)
    if len(corp.subtree(id)) > 1:
        raise error(60006)
    return _made(corp, "delete_party", {"id": id}, "deleted")


def _asked(state: State, call: Call) -> tuple[Corp, Json]:
    return state.corp_of(contacts_of_token(state, call)), json_object(call)


def _user_key(value: object) -> str:
    if not isinstance(value, str) or not USER_ID.fullmatch(value):
        raise error(40003)
    return value.lower()


def _party(corp: Corp, data: Json) -> Json:
    fields: Json = {name: data[name] for name in ("id", "name", "name_en", "parentid", "order") if name in data}
    for name, value in fields.items():
        if not isinstance(value, str if name.startswith("name") else int):
            raise error(40058, f"{name} is of the wrong type")
    if fields.get("parentid", ROOT) not in corp.departments:
        raise error(60004)
    return fields


def _member(corp: Corp, data: Json) -> Json:
    fields = {name: data[name] for name in SAME if name in data}
    if any(not isinstance(fields.get(name, ""), str) for name in TEXTS):
        raise error(40058, "a text must be a string")
    phones = {user.mobile for key, user in corp.users.items() if user.mobile and key != data["userid"].lower()}
    if fields.get("mobile") in phones:
        raise error(60104)
    if "department" in data:
        numbers = data["department"]
        if not isinstance(numbers, list) or not numbers or any(not _is_party(corp, number) for number in numbers):
            raise error(60123)
        leads = data.get("is_leader_in_dept", [0] * len(numbers))
        if not isinstance(leads, list) or len(leads) != len(numbers):
            raise error(40058, "is_leader_in_dept must have one number for each department")
        fields |= {
            "departments": numbers,
            "leader_of": [one for one, leads in zip(numbers, leads, strict=True) if leads],
        }
    if "main_department" in data:
        if not _is_party(corp, data["main_department"]):
            raise error(60123)
        fields["main_department"] = data["main_department"]
    if "enable" in data:
        fields["status"] = 1 if data["enable"] else 2
    return fields


def _is_party(corp: Corp, number: object) -> bool:
    return type(number) is int and number in corp.departments


def _made(corp: Corp, change: str, fields: Json, done: str) -> Json:
    try:
        directory.change(corp, change, fields)
    except directory.ChangeError as wrong:
        raise error(40058, str(wrong)) from wrong
    return {"errcode": 0, "errmsg": done}


ROUTES = {
    "/cgi-bin/user/create": Endpoint("POST", create_user),
    "/cgi-bin/user/update": Endpoint("POST", update_user),
    "/cgi-bin/user/delete": Endpoint("GET", delete_user),
    "/cgi-bin/department/create": Endpoint("POST", create_party),
    "/cgi-bin/department/update": Endpoint("POST", update_party),
    "/cgi-bin/department/delete": Endpoint("GET", delete_party),
}

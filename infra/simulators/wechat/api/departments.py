"""Departments (documents 90208, 95350, 95351): details by an app, ids alone by the contacts assistant."""

from infra.simulators.wechat.api.access import Endpoint, any_app, check_details, number_of
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import App, Department
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def list_details(state: State, call: Call) -> dict[str, object]:
    app = any_app(state, call)
    check_details(app, call)
    return {"errcode": 0, "errmsg": "ok", "department": [_details(one) for one in _asked_for(state, app, call)]}


def list_ids(state: State, call: Call) -> dict[str, object]:
    found = _asked_for(state, any_app(state, call), call)
    ids = [{"id": one.id, "parentid": one.parentid, "order": one.order} for one in found]
    return {"errcode": 0, "errmsg": "ok", "department_id": ids}


def get(state: State, call: Call) -> dict[str, object]:
    app = any_app(state, call)
    check_details(app, call)
    return {"errcode": 0, "errmsg": "ok", "department": _details(department_for(state, app, number_of(call, "id")))}


def department_for(state: State, app: App, id: int) -> Department:
    """60123 where there is none, 60011 where the app does not see it."""
    corp = state.corp_of(app)
    if id not in corp.departments:
        raise error(60123)
    if id not in corp.departments_seen_by(app):
        raise error(60011)
    return corp.departments[id]


def _asked_for(state: State, app: App, call: Call) -> list[Department]:
    """The subtree of `id`, or all the app sees."""
    corp = state.corp_of(app)
    seen = corp.departments_seen_by(app)
    if not call.query.get("id"):
        return list(seen.values())
    top = department_for(state, app, number_of(call, "id"))
    return [one for one in corp.subtree(top.id) if one.id in seen]


def _details(department: Department) -> dict[str, object]:
    return {
        "id": department.id,
        "name": department.name,
        "name_en": department.name_en,
        "department_leader": department.leaders,
        "parentid": department.parentid,
        "order": department.order,
    }


ROUTES = {
    "/cgi-bin/department/list": Endpoint("GET", list_details),
    "/cgi-bin/department/simplelist": Endpoint("GET", list_ids),
    "/cgi-bin/department/get": Endpoint("GET", get),
}

"""What people do on their devices: come with a code."""

from infra.simulators.wechat import codes
from infra.simulators.wechat.control.common import Action, Answer, ControlError, account, app, body
from infra.simulators.wechat.model import Person
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def _issue_code(state: State, call: Call) -> Answer:
    """`{"kind", "user", …}`: a code as the person's device would get it.

    - `oauth`: a member (`user`) at `corp_id`, `agent_id`, with `scope`; or a stranger, by `openid` instead of `user`.
    - `wecom_mini_program`: a member at `corp_id` in the mini-program `app_id`.
    - `mini_program`, `phone`, `official_account` (with `scope`): a person with WeChat, by name, at `app_id`.
    """
    data = body(call)
    kind, user = data.get("kind"), str(data.get("user", ""))
    if kind == codes.OAUTH:
        at = app(state, data)
        scope = data.get("scope", "snsapi_base")
        if "openid" in data:
            return {"code": codes.issue(state, kind, at.key, data["openid"], scope=scope, member=False)}
        return {"code": codes.issue(state, kind, at.key, _member(state, at.corp_id, user), scope=scope)}
    if kind == codes.WECOM_MINI_PROGRAM:
        corp_id = str(data.get("corp_id") or next(iter(state.corps), ""))
        member = _member(state, corp_id, user)
        return {"code": codes.issue(state, kind, (corp_id, None), member, scope=str(data.get("app_id")))}
    if kind in (codes.MINI_PROGRAM, codes.PHONE, codes.OFFICIAL_ACCOUNT):
        of = account(state, data)
        openid = person(state, user).openid(of)
        return {
            "code": codes.issue(state, kind, of.key, openid, scope=data.get("scope", "snsapi_base")),
            "openid": openid,
        }
    raise ControlError(f"unknown kind {kind!r}")


def person(state: State, name: str) -> Person:
    if name not in state.people:
        raise ControlError(f"no person {name!r}")
    return state.people[name]


def _member(state: State, corp_id: str, user: str) -> str:
    corp = state.corps.get(corp_id)
    if corp is None or user.lower() not in corp.users:
        raise ControlError(f"no member {user!r} of {corp_id!r}")
    return corp.users[user.lower()].user_id


ACTIONS: dict[tuple[str, str], Action] = {("POST", "/__sim/issue_code"): _issue_code}

"""What people do on their devices: come with a code, agree to be told, follow an account."""

from infra.simulators.wechat import codes
from infra.simulators.wechat.api.weixin import notices
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


def _subscribe(state: State, call: Call) -> Answer:
    """`{"user", "app_id", "template_id", "choice": "accept|reject|ban"}`: the answer to a mini-program's question.

    The account is told by `subscribe_msg_popup_event`; `template_ids` asks for up to five at once.
    """
    data = body(call)
    of, who, choice = account(state, data), person(state, str(data.get("user"))), data.get("choice", "accept")
    templates = data.get("template_ids", [data.get("template_id")])
    if choice not in ("accept", "reject", "ban"):
        raise ControlError("choice is accept, reject or ban")
    if not isinstance(templates, list) or not 0 < len(templates) <= 5 or not of.templates.keys() >= set(templates):
        raise ControlError("one to five templates of the account")
    openid, told = who.openid(of), []
    for template in templates:
        key = (of.app_id, openid, template)
        state.credits[key] = state.credits.get(key, 0) + (choice == "accept")
        told.append({"TemplateId": template, "SubscribeStatusString": choice, "PopupScene": 0})
    listed = told[0] if len(told) == 1 else told  # an object for one, an array for several, as on the platform
    notices.tell(state, of, openid, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": listed})
    return {
        "openid": openid,
        "credits": {template: state.credits[of.app_id, openid, template] for template in templates},
    }


def _follow(state: State, call: Call) -> Answer:
    """`{"user", "app_id", "follows": true, "blacklisted": false}`: of an official account, which is told."""
    data = body(call)
    of, who = account(state, data), person(state, str(data.get("user")))
    for name, ids in (("follows", who.follows), ("blacklisted", who.blacklisted_by)):
        if data.get(name) is True and of.app_id not in ids:
            ids.append(of.app_id)
        elif data.get(name) is False and of.app_id in ids:
            ids.remove(of.app_id)
    if "follows" in data:
        notices.tell(state, of, who.openid(of), "subscribe" if data["follows"] else "unsubscribe", EventKey="")
    return {"openid": who.openid(of), "follows": who.follows}


def person(state: State, name: str) -> Person:
    if name not in state.people:
        raise ControlError(f"no person {name!r}")
    return state.people[name]


def _member(state: State, corp_id: str, user: str) -> str:
    corp = state.corps.get(corp_id)
    if corp is None or user.lower() not in corp.users:
        raise ControlError(f"no member {user!r} of {corp_id!r}")
    return corp.users[user.lower()].user_id


ACTIONS: dict[tuple[str, str], Action] = {
    ("POST", "/__sim/issue_code"): _issue_code,
    ("POST", "/__sim/subscribe"): _subscribe,
    ("POST", "/__sim/follow"): _follow,
}

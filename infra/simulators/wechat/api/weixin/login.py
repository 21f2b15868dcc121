"""Who has come, in WeChat: wx.login, the phone number button, and the web page login of official accounts.

The answers of sns/* carry no errcode when all is well.
"""

import secrets

from infra.simulators.wechat import codes
from infra.simulators.wechat.api.access import Endpoint, json_object, mini_program_of_token, text_of
from infra.simulators.wechat.api.weixin.credentials import account_of_secret
from infra.simulators.wechat.contracts import LOGINS_PER_PERSON, TOKEN_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.limits import spend
from infra.simulators.wechat.model import Account, Code, Person, Token
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

WEB = "web"
"""The family of the tokens that stand for one person; such a token opens nothing but sns/userinfo."""


def jscode2session(state: State, call: Call) -> dict[str, object]:
    account, person, code = _spend(state, call, codes.MINI_PROGRAM, "js_code")
    state.seen[account.app_id, code.subject] = state.now()
    answer: dict[str, object] = {"openid": code.subject, "session_key": secrets.token_urlsafe(18)}
    if unionid := person.unionid(account):
        answer["unionid"] = unionid
    return answer


def getuserphonenumber(state: State, call: Call) -> dict[str, object]:
    account, data = mini_program_of_token(state, call), json_object(call)
    code = codes.find(state, (codes.PHONE,), text_of(data, "code", missing=40029), spent=40029, expired=40029)
    if code.app != account.key:
        raise error(40029)
    person = person_with(state, account, code.subject)
    if person is None or data.get("openid", code.subject) != code.subject:
        raise error(40013, "invalid openid")
    code.used = True
    country, number = _split(person.phone)
    phone = {
        "phoneNumber": number if country == "86" else f"+{country}{number}",
        "purePhoneNumber": number,
        "countryCode": country,
        "watermark": {"timestamp": int(state.now()), "appid": account.app_id},
    }
    return {"errcode": 0, "errmsg": "ok", "phone_info": phone}


def oauth2_access_token(state: State, call: Call) -> dict[str, object]:
    account, person, code = _spend(state, call, codes.OFFICIAL_ACCOUNT, "code")
    value = secrets.token_urlsafe(60)
    state.web_tokens[value] = (code.subject, code.scope, Token(account.key, state.now() + TOKEN_SECONDS, family=WEB))
    answer: dict[str, object] = {
        "access_token": value,
        "expires_in": TOKEN_SECONDS,
        "refresh_token": secrets.token_urlsafe(60),
        "openid": code.subject,
        "scope": code.scope,
    }
    if unionid := person.unionid(account):
        answer["unionid"] = unionid
    return answer


def userinfo(state: State, call: Call) -> dict[str, object]:
    openid, scope, token = state.web_tokens.get(call.query.get("access_token", ""), ("", "", None))
    if token is None:
        raise error(40001, "invalid credential, access_token is invalid or not latest")
    if state.now() >= token.expires_at:
        raise error(42001)
    if call.query.get("openid") != openid:
        raise error(40003, "invalid openid")
    if scope != "snsapi_userinfo":
        raise error(48001)
    account = state.accounts[token.app[0]]
    person = person_with(state, account, openid)
    assert person is not None
    answer = {"openid": openid, "nickname": person.name, "sex": 0, "headimgurl": "", "privilege": []}
    return answer | ({"unionid": person.unionid(account)} if account.open_platform else {})


def person_with(state: State, account: Account, openid: str) -> Person | None:
    return next((person for person in state.people.values() if person.openid(account) == openid), None)


def _spend(state: State, call: Call, kind: str, name: str) -> tuple[Account, Person, Code]:
    account = account_of_secret(state, call.query)
    if call.query.get("grant_type") != "authorization_code":
        raise error(40002)
    code = codes.find(state, (kind,), call.query.get(name, ""), spent=40163, expired=40029)
    person = person_with(state, account, code.subject)
    if code.app != account.key or person is None:
        raise error(40029)
    if person.blocked:
        raise error(40226)
    if not spend(state, ("login", account.app_id, code.subject), LOGINS_PER_PERSON):
        raise error(45011)
    code.used = True
    return account, person, code


def _split(phone: str) -> tuple[str, str]:
    """`+852 12345678` is Hong Kong; without a plus it is the mainland."""
    if not phone.startswith("+"):
        return "86", phone
    country, _, number = phone[1:].partition(" ")
    return country, number


ROUTES = {
    "/sns/jscode2session": Endpoint("GET", jscode2session, wechat=True),
    "/wxa/business/getuserphonenumber": Endpoint("POST", getuserphonenumber, wechat=True),
    "/sns/oauth2/access_token": Endpoint("GET", oauth2_access_token, wechat=True),
    "/sns/userinfo": Endpoint("GET", userinfo, wechat=True),
}

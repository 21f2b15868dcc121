"""The codes a person's device brings to the app: good once, for five minutes, for the app they were made for."""

import secrets

from infra.simulators.wechat.contracts import CODE_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.model import AppKey, Code
from infra.simulators.wechat.state import State

OAUTH = "oauth"
"""WeCom's web page login."""
WECOM_MINI_PROGRAM = "wecom_mini_program"
"""wx.qy.login; `app` is corporation and nothing, `scope` the mini-program."""
MINI_PROGRAM = "mini_program"
"""wx.login."""
PHONE = "phone"
"""The phone number button of a mini-program."""
OFFICIAL_ACCOUNT = "official_account"
"""The web page login of an official account."""


def issue(state: State, kind: str, app: AppKey, subject: str, *, scope: str = "", member: bool = True) -> str:
    value = secrets.token_urlsafe(24)
    state.codes[value] = Code(kind, app, subject, state.now() + CODE_SECONDS, scope, member)
    return value


def find(state: State, kinds: tuple[str, ...], value: str, *, spent: int, expired: int) -> Code:
    """The code, not yet spent by this: 40029 for one never issued, else the errcodes given."""
    code = state.codes.get(value)
    if code is None or code.kind not in kinds:
        raise error(40029)
    if code.used:
        raise error(spent)
    if state.now() >= code.expires_at:
        raise error(expired)
    return code

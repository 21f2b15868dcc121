"""The access token of each app (document path 91039; `stable_token` of developers.weixin.qq.com)."""

import json
from typing import Any

from backend.core import secrets
from backend.wechat import held, transport
from backend.wechat.errors import Configuration, Transient
from backend.wechat.models import App, PlatformToken

ACCESS = PlatformToken.Purpose.ACCESS
STABLE_TOKEN = "cgi-bin/stable_token"  # noqa: S105
MAX_LENGTH = 512


def current(app: App) -> str:
    """A token with some minutes to live; see `held.current`."""
    return held.current(app, ACCESS, lambda: _fetched(app, refused=""))


def replacement(app: App, *, refused: str) -> str:
    """Another token than the one the platform has just refused; see `held.replacement`."""
    return held.replacement(app, ACCESS, lambda: _fetched(app, refused), refused=refused)


def secret_of(app: App) -> str:
    """Raises Configuration where it cannot be decrypted any more."""
    try:
        return app.secret
    except secrets.Unreadable as exc:
        raise Configuration(f"the secret of {app} cannot be read: {exc}") from None


def _fetched(app: App, refused: str) -> tuple[str, int]:
    """`stable_token` gives the same token until shortly before its end; when that is the refused one it is told, once,
    to make another, which it does twenty times a day and at least thirty seconds apart.
    """
    secret = secret_of(app)
    if app.is_wecom:
        params = {"corpid": app.platform_id, "corpsecret": secret}
        answer = transport.call("GET", "cgi-bin/gettoken", base=transport.WECOM, params=params)
        return value_in(answer, "access_token", "cgi-bin/gettoken")
    for is_forced in (False, True):
        wanted = {"grant_type": "client_credential", "appid": app.platform_id, "secret": secret}
        body = json.dumps(wanted | {"force_refresh": is_forced}).encode()
        answer = transport.call("POST", STABLE_TOKEN, base=transport.WECHAT, params={}, body=body, hide=[secret])
        token, seconds = value_in(answer, "access_token", STABLE_TOKEN)
        if token != refused:
            return token, seconds
    raise Configuration(f"{STABLE_TOKEN} - a token just made anew is the refused one")


def value_in(answer: dict[str, Any], field: str, path: str) -> tuple[str, int]:
    """A token or ticket and its life in seconds, as every answer of the platform holds them."""
    value, seconds = answer.get(field), answer.get("expires_in")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LENGTH or type(seconds) is not int:
        raise Transient(f"{path} - the answer holds no {field}")
    return value, seconds

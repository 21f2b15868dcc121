"""The state of a web page login: made without a row, bound to the browser that began, good once and for ten minutes.

The client keeps a random verifier and sends only its SHA-256 (RFC 7636); the state is signed together with it, so a
code slipped into somebody else's browser (RFC 6749 section 10.12) finds no verifier that fits. That it works once is
kept with the code (`LoginCode.state_hash`).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.utils.crypto import salted_hmac

from backend.core.errors import Forbidden, Invalid
from backend.core.text import bilingual
from backend.wechat.models import App

LIFETIME = timedelta(minutes=10)
SCOPES = {"base": "snsapi_base", "private": "snsapi_privateinfo"}
_NONCE = 32
_UNTIL = 10
_MAC = 64
LENGTH = _NONCE + _UNTIL + _MAC
"""Hexadecimal digits; the platform takes 128 letters and digits."""


class StateRefused(Forbidden):
    code = "oauth_state_refused"
    message = bilingual("登录请求无效或已过期，请重新打开页面。", "This sign-in was not begun here or is too old.")


class RedirectRefused(Invalid):
    code = "redirect_refused"
    message = bilingual("不允许跳转到该地址。", "This address may not be returned to.")


def authorize_url(app: App, *, redirect_uri: str, state: str, scope: str) -> str:
    """Where the browser goes; WeCom itself asks the person. Raises RedirectRefused for an address not in the list."""
    if redirect_uri not in settings.OAUTH_REDIRECT_URIS:
        raise RedirectRefused()
    query = {
        "appid": app.platform_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": SCOPES[scope],
        "state": state,
        "agentid": app.agent_id,
    }
    return f"{settings.WECHAT_OAUTH_BASE}/connect/oauth2/authorize?{urlencode(query)}#wechat_redirect"


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def new_state(app: App, *, challenge: str, at: datetime) -> str:
    nonce, until = secrets.token_hex(_NONCE // 2), f"{int((at + LIFETIME).timestamp()):0{_UNTIL}x}"
    return nonce + until + _mac(nonce, until, app, challenge)


def check_state(app: App, state: str, verifier: str, *, at: datetime) -> None:
    """Raises StateRefused."""
    nonce, until, mac = state[:_NONCE], state[_NONCE : _NONCE + _UNTIL], state[_NONCE + _UNTIL :]
    genuine = _mac(nonce, until, app, challenge_of(verifier))
    if not hmac.compare_digest(mac.encode(), genuine.encode()) or int(until, 16) <= at.timestamp():
        raise StateRefused()


def _mac(nonce: str, until: str, app: App, challenge: str) -> str:
    return salted_hmac("waiqin.oauth-state", f"{nonce}.{until}.{app.pk}.{challenge}", algorithm="sha256").hexdigest()

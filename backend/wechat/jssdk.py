"""Signatures with which our web pages may use the phone through WeCom or WeChat (document path 90506)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from wechatpy.utils import WeChatSigner

from backend.core.actor import Actor
from backend.core.errors import Invalid, NotFound
from backend.core.text import bilingual
from backend.wechat import patience, tickets
from backend.wechat.errors import PlatformError, unavailable
from backend.wechat.models import App

MAX_URL = 2048


class UrlNotTrusted(Invalid):
    code = "url_not_trusted"
    message = bilingual("只能为本系统自己的网页签名。", "Only pages of this system are signed.")


@dataclass(frozen=True, slots=True)
class Signature:
    timestamp: int
    nonce: str
    signature: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """What a page hands to `ww.register` or `wx.config`. `agent_config` is of WeCom applications only."""

    app: App
    config: Signature
    agent_config: Signature | None


def signatures(*, actor: Actor, public_id: UUID, url: str, at: datetime) -> Signatures:
    """For a page of ours, through an app of the actor's company. Not inside a transaction: may call the network.

    Raises NotFound, UrlNotTrusted, or PlatformUnavailable where the platform gives no ticket just now.
    """
    kinds = (App.Kind.WECOM_APP, App.Kind.OFFICIAL_ACCOUNT)
    app = App.objects.filter(company_id=actor.company_id, public_id=public_id, kind__in=kinds).first()
    if app is None:
        raise NotFound
    page = trusted(url)
    try:
        with patience.of_a_person():
            config = _signed(tickets.jsapi, app, page, at)
            agent_config = _signed(tickets.agent, app, page, at) if app.is_wecom else None
    except PlatformError as exc:
        raise unavailable(exc) from exc
    return Signatures(app, config, agent_config)


def trusted(url: str) -> str:
    """The address without its fragment, if it is one of PUBLIC_URL: same scheme, host and port. Else UrlNotTrusted."""
    page = url.partition("#")[0]
    own = urlsplit(settings.PUBLIC_URL)
    try:
        parts = urlsplit(page)
    except ValueError:
        raise UrlNotTrusted from None
    is_plain = page.isascii() and page.isprintable() and " " not in page and "\\" not in page and len(page) <= MAX_URL
    if not is_plain or (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        raise UrlNotTrusted
    return page


def signed(ticket: str, page: str, *, timestamp: int, nonce: str) -> str:
    """SHA-1 over the four in the order of their names, the address as it stands in the browser."""
    signer = WeChatSigner(delimiter=b"&")
    signer.add_data(f"jsapi_ticket={ticket}", f"noncestr={nonce}", f"timestamp={timestamp}", f"url={page}")
    return str(signer.signature)


def _signed(ticket_of: Callable[[App], str], app: App, page: str, at: datetime) -> Signature:
    timestamp, nonce = int(at.timestamp()), secrets.token_hex(8)
    return Signature(timestamp, nonce, signed(ticket_of(app), page, timestamp=timestamp, nonce=nonce))

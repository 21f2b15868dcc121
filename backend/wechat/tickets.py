"""Tickets with which web pages are signed (document path 90506; `ticket/getticket` of developers.weixin.qq.com)."""

from backend.wechat import held
from backend.wechat.api import WechatApi, WecomApi
from backend.wechat.models import App, PlatformToken
from backend.wechat.tokens import value_in

Purpose = PlatformToken.Purpose


def jsapi(app: App) -> str:
    """The ticket of the whole corporation, one for all its apps with us; that of an official account is its own."""
    if app.is_wecom:
        return _ticket(_eldest(app), app, Purpose.JSAPI_TICKET, "get_jsapi_ticket")
    return _ticket(app, app, Purpose.JSAPI_TICKET, "ticket/getticket", type="jsapi")


def agent(app: App) -> str:
    """The ticket of this application alone: with another's the platform answers 42012."""
    return _ticket(app, app, Purpose.AGENT_TICKET, "ticket/get", type="agent_config")


def _ticket(holder: App, app: App, purpose: str, endpoint: str, **params: str) -> str:
    def fetch() -> tuple[str, int]:
        api = WecomApi(app) if app.is_wecom else WechatApi(app)
        return value_in(api.get(endpoint, params=params), "ticket", endpoint)

    return held.current(holder, purpose, fetch)


def _eldest(app: App) -> App:
    """Who keeps the corporation's ticket: 400 fetches an hour are allowed to a corporation, not to each of its apps."""
    same = App.objects.filter(company_id=app.company_id, kind=App.Kind.WECOM_APP, platform_id=app.platform_id)
    return same.earliest("pk")

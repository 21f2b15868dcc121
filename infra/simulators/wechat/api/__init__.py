"""The calls the stand-in answers. A new family is a module with ROUTES, added here."""

from infra.simulators.wechat.api import credentials, login, messages, weixin
from infra.simulators.wechat.api.access import Endpoint

ROUTES: dict[str, Endpoint] = credentials.ROUTES | login.ROUTES | messages.ROUTES | weixin.ROUTES

"""The calls the stand-in answers. A new family is a module with ROUTES, added here."""

from infra.simulators.wechat.api import credentials, messages
from infra.simulators.wechat.api.access import Endpoint

ROUTES: dict[str, Endpoint] = credentials.ROUTES | messages.ROUTES

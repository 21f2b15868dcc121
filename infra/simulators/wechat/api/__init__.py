"""The calls the stand-in answers. A new family is a module with ROUTES, added here."""

from infra.simulators.wechat.api import (
    credentials,
    departments,
    login,
    media,
    members,
    messages,
    network,
    tickets,
    updates,
    weixin,
    writes,
)
from infra.simulators.wechat.api.access import Endpoint

FAMILIES = (credentials, login, departments, members, messages, media, network, tickets, updates, weixin, writes)
ROUTES: dict[str, Endpoint] = {path: endpoint for family in FAMILIES for path, endpoint in family.ROUTES.items()}

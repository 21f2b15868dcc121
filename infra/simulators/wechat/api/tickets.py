"""Tickets for signing web pages (documents 90506, 96909): of the corporation, of one app, of an official account."""

import secrets

from infra.simulators.wechat.api.access import Endpoint, app_of_token, official_account_of_token
from infra.simulators.wechat.contracts import APP_TICKETS, CORP_TICKETS, TICKET_SECONDS
from infra.simulators.wechat.errors import error
from infra.simulators.wechat.limits import spend
from infra.simulators.wechat.model import Ticket
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def of_corp(state: State, call: Call) -> dict[str, object]:
    app = app_of_token(state, call)
    if not spend(state, ("corp_ticket", app.corp_id), CORP_TICKETS):
        raise error(45009)
    return _issue(state, "corp", app.corp_id)


def of_app(state: State, call: Call) -> dict[str, object]:
    app = app_of_token(state, call)
    if call.query.get("type") != "agent_config":
        raise error(40058, "type must be agent_config")
    if not spend(state, ("app_ticket", app.key), APP_TICKETS):
        raise error(45009)
    return _issue(state, "agent", f"{app.corp_id}/{app.agent_id}")


def of_account(state: State, call: Call) -> dict[str, object]:
    account = official_account_of_token(state, call)
    if call.query.get("type") != "jsapi":
        raise error(40097, "type must be jsapi")
    return _issue(state, "account", account.app_id)


def _issue(state: State, kind: str, owner: str) -> dict[str, object]:
    """The same one while it is valid, as the platform gives it."""
    now = state.now()
    for value, ticket in state.tickets.items():
        if (ticket.kind, ticket.owner) == (kind, owner) and ticket.expires_at > now:
            return {"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": int(ticket.expires_at - now)}
    value = secrets.token_urlsafe(60)
    state.tickets[value] = Ticket(kind, owner, now + TICKET_SECONDS)
    return {"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": TICKET_SECONDS}


ROUTES = {
    "/cgi-bin/get_jsapi_ticket": Endpoint("GET", of_corp),
    "/cgi-bin/ticket/get": Endpoint("GET", of_app),
    "/cgi-bin/ticket/getticket": Endpoint("GET", of_account, wechat=True),
}

"""The platform's own addresses (documents 92520, 90238)."""

from infra.simulators.wechat.api.access import Endpoint, any_app
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State


def addresses(state: State, call: Call) -> dict[str, object]:
    any_app(state, call)
    return {"errcode": 0, "errmsg": "ok", "ip_list": ["127.0.0.1"]}


ROUTES = {
    "/cgi-bin/get_api_domain_ip": Endpoint("GET", addresses),
    "/cgi-bin/getcallbackip": Endpoint("GET", addresses),
}

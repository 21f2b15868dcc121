"""What operators see of each request: a line and figures."""

import json

from prometheus_client import REGISTRY

from tests.support.client import Caller


def lines(capsys) -> list[dict]:
    said = map(json.loads, capsys.readouterr().err.splitlines())
    return [line for line in said if line["logger"] == "waiqin.request"]


def test_a_request_leaves_one_line(cast, api, capsys):
    api(cast.li)
    capsys.readouterr()
    reply = api(cast.li).get("/me")
    (line,) = lines(capsys)
    assert line["request_id"] == reply.headers["X-Request-Id"]
    assert {name: line[name] for name in ("level", "method", "route", "status", "employee")} == {
        "level": "INFO",
        "method": "GET",
        "route": "api/v1/me",
        "status": 200,
        "employee": str(cast.li.pk),
    }
    assert line["at"].endswith("+00:00")
    assert line["ms"] > 0


def test_an_id_given_by_the_caller_is_kept_unless_it_is_strange(db, capsys):
    caller = Caller(None)
    caller.headers = {"X-Request-Id": "from-the-phone-1"}
    assert caller.get("/me").headers["X-Request-Id"] == "from-the-phone-1"
    caller.headers = {"X-Request-Id": 'x" injected'}
    assert "injected" not in caller.get("/me").headers["X-Request-Id"]
    assert [line["request_id"] == "from-the-phone-1" for line in lines(capsys)] == [True, False]


def counted(**labels: str) -> float:
    return REGISTRY.get_sample_value("waiqin_requests_total", labels) or 0.0


def test_requests_are_counted_and_invented_methods_are_one(db, client):
    healthy = {"method": "GET", "route": "healthz", "status": "200"}
    invented = {"method": "other", "route": "healthz", "status": "405"}
    before = counted(**healthy), counted(**invented)
    client.get("/healthz")
    client.generic("BREW", "/healthz")
    client.generic("WHEN", "/healthz")
    assert (counted(**healthy), counted(**invented)) == (before[0] + 1, before[1] + 2)
    assert counted(method="BREW", route="healthz", status="405") == 0

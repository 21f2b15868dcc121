"""Everything that can go wrong between us and the platform, on purpose."""

import http.client
import json

import pytest
import requests

from infra.simulators.wechat.faults import NAMED
from tests.infra.simulators.wechat.conftest import GETTOKEN
from tests.simulators import Simulator

PATH = "/cgi-bin/department/simplelist"


@pytest.fixture
def ask(platform: Simulator):
    """`ask()` calls with a good token and gives what came, or the exception of requests."""
    token = platform.call(GETTOKEN)["access_token"]

    def ask(path: str = PATH, **query: object) -> requests.Response:
        return requests.get(f"{platform.url}{path}", params={"access_token": token, **query}, timeout=5)

    return ask


@pytest.mark.parametrize(
    ("name", "status", "errcode"),
    [
        ("busy", 200, -1),
        ("rate_limited", 200, 45009),
        ("token_expired", 200, 42001),
        ("token_invalid", 200, 40014),
        ("credential_invalid", 200, 40001),
        ("address_not_trusted", 200, 60020),
        ("http_500", 500, None),
        ("http_502", 502, None),
        ("http_429", 429, None),
        ("html", 200, None),
        ("empty_body", 200, None),
        ("not_an_object", 200, None),
        ("errcode_as_text", 200, "0"),
        ("extra_fields", 200, 0),
        ("empty_userlist", 200, 0),
        ("empty_pages", 200, 0),
        ("wrong_content_type", 200, 0),
    ],
)
def test_a_named_fault_strikes_once(platform: Simulator, ask, name: str, status: int, errcode: object):
    platform.faults({"path": PATH, "name": name})
    response = ask()
    assert response.status_code == status
    try:
        answer = response.json()
    except ValueError:
        answer = None
    assert (answer.get("errcode") if isinstance(answer, dict) else None) == errcode
    assert ask().json()["errcode"] == 0


@pytest.mark.parametrize("name", ["closed", "reset", "answer_lost", "truncated"])
def test_a_broken_connection_is_one(platform: Simulator, ask, name: str):
    platform.faults({"path": PATH, "name": name})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)) as broken:
        ask()
    assert ("reset" in str(broken.value)) is (name == "reset")
    assert ask().json()["errcode"] == 0


def test_bytes_that_are_no_text(platform: Simulator, ask):
    platform.faults({"path": PATH, "name": "invalid_utf8"}, {"path": PATH, "name": "control_characters"})
    with pytest.raises(UnicodeDecodeError):
        ask().content.decode()
    with pytest.raises(ValueError, match="Invalid control character"):
        json.loads(ask().content)


def test_an_answer_that_is_lost_was_meant(platform: Simulator):
    code = platform.issue_code("mini_program", "李雷", app_id="wx-mini")
    query = {"appid": "wx-mini", "secret": "mini-secret", "js_code": code, "grant_type": "authorization_code"}
    platform.faults({"path": "/sns/jscode2session", "name": "answer_lost"})
    with pytest.raises(http.client.RemoteDisconnected):
        platform.call("/sns/jscode2session", **query)
    assert platform.call("/sns/jscode2session", **query)["errcode"] == 40163


def test_in_the_middle_of_a_burst(platform: Simulator, ask):
    platform.faults({"path": PATH, "name": "token_expired", "skip": 2})
    assert [ask().json()["errcode"] for _ in range(5)] == [0, 0, 42001, 0, 0]


def test_for_one_app_only(platform: Simulator, wecom):
    platform.faults({"path": PATH, "name": "busy", "count": None, "app": "ww-waiqin/1000003"})
    assert [wecom(PATH, secret=secret)["errcode"] for secret in ("another-secret", "contacts-secret")] == [-1, 0]
    assert wecom(PATH)["errcode"] == 0


def test_a_cursor_that_runs_in_circles(platform: Simulator, wecom):
    platform.faults({"path": "/cgi-bin/user/list_id", "name": "cursor_loop"})
    first = wecom("/cgi-bin/user/list_id", {"limit": 2}, secret="contacts-secret")
    again = wecom("/cgi-bin/user/list_id", {"limit": 2, "cursor": first["next_cursor"]}, secret="contacts-secret")
    assert again == first


def test_a_wrong_content_type_keeps_the_content(platform: Simulator, ask):
    platform.faults({"path": PATH, "name": "wrong_content_type"})
    response = ask()
    assert (response.headers["Content-Type"], response.json()["errcode"]) == ("text/html", 0)


def test_the_names_are_told(platform: Simulator):
    assert set(platform.call("/__sim/faults")["names"]) == set(NAMED)


@pytest.mark.parametrize(
    "fault", [{"path": PATH, "name": "gremlins"}, {"path": PATH, "body_hex": "xy"}, {"name": "busy"}]
)
def test_a_wrong_fault_is_refused(platform: Simulator, fault: dict):
    assert platform.call("/__sim/faults", {"faults": [fault]})["error"]

"""No input, however broken, gives a 500, and every refusal is a problem document with a stable code."""

import pytest
from django.test import Client

from tests.support.client import BASE, access_token

LOGIN = f"{BASE}/auth/password"
REFRESH = f"{BASE}/auth/refresh"


def problem(reply, status, code):
    assert reply.status_code == status, reply.content
    assert reply.headers["Content-Type"] == "application/problem+json"
    body = reply.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["request_id"] == reply.headers["X-Request-Id"]
    assert body["title"]
    assert body["detail"]
    return body


@pytest.fixture
def http(db):
    return Client(raise_request_exception=False)


def post(http, body: bytes, content_type="application/json", **headers):
    return http.post(REFRESH, body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"refresh_token": NaN}',
        b'{"refresh_token": Infinity}',
        b'{"refresh_token": 1e999}',
        b'{"refresh_token": "a\\u0000b"}',
        b'{"refresh_token": "\\ud800"}',
        b'{"refresh_token": "\xff\xfe"}',
        b'{"refresh_token": "a", "refresh_token": "b"}',
        b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"refresh_token": ' + b"9" * 5000 + b"}",
    ],
    ids=[
        "cut",
        "NaN",
        "Infinity",
        "1e999",
        "NUL",
        "surrogate",
        "invalid UTF-8",
        "doubled key",
        "100,000 deep",
        "40 deep",
        "5,000 digits",
    ],
)
def test_broken_json(http, body):
    problem(post(http, body), 400, "bad_request")


def test_no_body_at_all(http):
    assert problem(post(http, b""), 422, "invalid")["errors"] == [
        {"field": "body", "code": "missing", "detail": "必填"}
    ]


def test_the_wrong_types_and_unknown_fields_are_named(http):
    body = problem(post(http, b'{"refresh_token": 5, "device_id": "x", "is_admin": true}'), 422, "invalid")
    assert {(error["field"], error["code"]) for error in body["errors"]} == {
        ("refresh_token", "string_type"),
        ("is_admin", "extra_forbidden"),
    }


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}),
        ("application/json; charset=latin-1", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
        ("application/x-www-form-urlencoded", {}),
    ],
)
def test_only_json_in_utf8(http, content_type, headers):
    problem(post(http, b"{}", content_type, **headers), 415, "unsupported_media_type")


def test_a_body_over_one_megabyte(http):
    problem(post(http, b" " * (1024 * 1024 + 1)), 413, "too_large")


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=0", "limit=101", "limit=9223372036854775808", "limit=x", "limit=1_0"]
)
def test_a_list_is_bounded(http, cast, query):
    reply = http.get(f"{BASE}/employees?{query}", headers={"Authorization": f"Bearer {access_token(cast.li)}"})
    problem(reply, 422, "invalid")


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMl0", "e30", "AAAA", "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzEyOjAwIiwieCJd"]
)
def test_a_foreign_cursor(http, cast, cursor):
    reply = http.get(f"{BASE}/employees?cursor={cursor}", headers={"Authorization": f"Bearer {access_token(cast.li)}"})
    problem(reply, 422, "invalid_cursor")


@pytest.mark.parametrize("path", ["/employees/%00", "/employees/x", "/employees?cursor=%00", "/employees?cursor=%ff"])
def test_hostile_paths(http, cast, path):
    reply = http.get(BASE + path, headers={"Authorization": f"Bearer {access_token(cast.li)}"})
    assert reply.status_code in {400, 422}
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_an_unknown_path(http):
    problem(http.get(f"{BASE}/nothing-here"), 404, "not_found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "get", "head", "options"])
def test_a_wrong_method(http, method):
    reply = getattr(http, method)(LOGIN)
    assert reply.status_code == 405
    assert reply.headers["Allow"] == "POST"


def test_problems_speak_chinese_first_and_english_on_request(http):
    assert post(http, b'{"refresh_token": "%s", "device_id": "x"}' % (b"x" * 30)).json()["title"] == "未登录"
    english = post(
        http, b'{"refresh_token": "%s", "device_id": "x"}' % (b"x" * 30), **{"Accept-Language": "en-GB,zh;q=0.5"}
    )
    assert english.json()["title"] == "Not signed in"
    assert english.headers["Content-Language"] == "en"


def test_an_unknown_host_is_refused_in_the_same_shape(http):
    problem(http.get(f"{BASE}/me", headers={"Host": "evil.example"}), 400, "bad_request")


def test_a_given_request_id_is_kept_and_a_hostile_one_replaced(http):
    assert http.get("/healthz", headers={"X-Request-Id": "phone-12345678"}).headers["X-Request-Id"] == "phone-12345678"
    assert "\n" not in http.get("/healthz", headers={"X-Request-Id": "x y"}).headers["X-Request-Id"]


def test_an_unexpected_error_says_nothing_of_itself(http, cast, monkeypatch):
    from backend.directory import selectors

    def broken(*, actor):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(selectors, "department_tree", broken)
    reply = http.get(f"{BASE}/departments", headers={"Authorization": f"Bearer {access_token(cast.li)}"})
    problem(reply, 500, "internal_error")
    assert b"secret detail" not in reply.content


def test_what_an_error_tells_never_replaces_the_members_of_the_problem(http, cast, monkeypatch):
    from backend.core.errors import Conflict
    from backend.directory import selectors

    def refuse(*, actor):
        raise Conflict(status="shipped", code="so", detail="x", order="SO1")

    monkeypatch.setattr(selectors, "department_tree", refuse)
    reply = http.get(f"{BASE}/departments", headers={"Authorization": f"Bearer {access_token(cast.li)}"})
    assert problem(reply, 409, "conflict")["order"] == "SO1"


def test_each_field_is_explained_in_the_readers_language(http):
    body = b'{"refresh_token": "short", "device_id": 5, "x": 1}'
    chinese = {error["field"]: error["detail"] for error in post(http, body).json()["errors"]}
    assert chinese == {"refresh_token": "至少 20 个字符", "device_id": "须为文字", "x": "没有这个字段"}
    english = post(http, body, **{"Accept-Language": "en"}).json()["errors"]
    assert english[0]["detail"] == "at least 20 characters"

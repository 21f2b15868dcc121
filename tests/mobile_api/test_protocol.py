"""What is refused before any operation sees it."""

import pytest
from django.test import Client

from tests.support.client import BASE, access_token


@pytest.fixture
def http(cast) -> Client:
    return Client(headers={"Authorization": f"Bearer {access_token(cast.li)}"})


def refused(reply) -> dict:
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["code"] == "bad_request"
    return reply.json()


@pytest.mark.parametrize("query", ["q=%ff", "q=%e6%9d", "q=%00", "q=x&zzz=%c0%af"])
def test_a_query_that_is_not_utf8(http, query):
    refused(http.get(f"{BASE}/employees?{query}"))


@pytest.mark.parametrize("query", ["q=%e6%9d%8e", "q=李", "q=%E6%9D%8E%20%2B"])
def test_a_query_in_chinese_is_welcome(http, query):
    assert http.get(f"{BASE}/customers?{query}").status_code == 200


def test_a_body_without_a_length_is_not_taken_for_an_empty_one(http):
    reply = http.post(f"{BASE}/visits", b"", content_type="application/json", headers={"Transfer-Encoding": "chunked"})
    assert "Content-Length" in refused(reply)["detail"]

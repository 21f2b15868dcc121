import json
import logging
import sys

import pytest

from backend.core.context import Origin, came_from
from backend.core.logs import JsonFormatter


def line(message, *, exc_info=None, **fields):
    record = logging.LogRecord("waiqin", logging.ERROR, "x.py", 1, message, (), exc_info)
    if fields:
        record.fields = fields
    return json.loads(JsonFormatter().format(record))


def test_a_line_names_its_request():
    with came_from(Origin(request_id="phone-12345678")):
        assert line("hello")["request_id"] == "phone-12345678"
    assert "request_id" not in line("hello")


def test_secrets_are_struck_out():
    said = line("GET /cgi-bin/gettoken?corpid=ww1&corpsecret=abc123&x=1 Authorization: Bearer abc.def")["message"]
    assert "abc" not in said
    assert "corpid=ww1" in said


def test_an_exception_is_shown_without_secrets():
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        shown = line("failed", exc_info=sys.exc_info())["exception"]
    assert "hunter2" not in shown
    assert "ValueError" in shown


def test_text_that_is_no_unicode_does_not_break_the_log():
    assert line("half a pair \ud800", status=500)["message"] == "half a pair \ud800"


SECRETS = {
    "access token": "GET /x?access_token=eyJhbGciOiJIUzI1.eyJzdWIi.c2lnbmF0 HTTP/1.1",
    "bearer": "sent Bearer c2VjcmV0LXNlY3JldA to the host",
    "header": "{'Authorization': 'Bearer c2VjcmV0LXNlY3JldA'}",
    "bare token": "refused eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0LXNlY3JldA",
    "JSON": '{"refresh_token": "c2VjcmV0LXNlY3JldA", "device_id": "phone-1"}',
    "session key": "session_key=c2VjcmV0LXNlY3JldA==&openid=o1",
    "js code": "jscode2session?js_code=c2VjcmV0LXNlY3JldA&x=1",
    "secret": "secret: c2VjcmV0LXNlY3JldA",
    "corp secret": "corpsecret=c2VjcmV0LXNlY3JldA",
    "password": "password='c2VjcmV0LXNlY3JldA'",
    "signed link": "/files/1/content?variant=original&expires=1&signature=c2VjcmV0LXNlY3JldA",
    "callback": "?msg_signature=c2VjcmV0LXNlY3JldA&timestamp=1",
    "cookie": "Cookie: c2VjcmV0LXNlY3JldA",
    "AES key": "encoding_aes_key=c2VjcmV0LXNlY3JldA",
    "webhook secret": "signed with whsec_c2VjcmV0LXNlY3JldA==",
}


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_no_secret_is_written(text):
    said = line(text)["message"]
    assert "c2VjcmV0" not in said
    assert "c2lnbmF0" not in said
    assert "***" in said


@pytest.mark.parametrize("number", ["13812345678", "+8613812345678", "+86 138 1234 5678", "138-1234-5678"])
def test_of_a_mobile_number_only_the_ends_are_written(number):
    assert line(f"text to {number} failed")["message"] == "text to 138****5678 failed"


@pytest.mark.parametrize(
    "text",
    [
        "01a20370-e3c1-7056-bf12-138123456789",
        "SO20261122-0001 13 lines",
        "1764062400 1764062400123",
        "errcode 40014 after 13812 ms",
        "the keyboard token ring: status_code=500",
    ],
)
def test_other_figures_and_words_stay(text):
    assert line(text)["message"] == text


def test_fields_are_cleaned_too():
    assert line("failed", url="https://x/y?access_token=c2VjcmV0")["url"] == "https://x/y?access_token=***"

import json
import logging
import sys

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

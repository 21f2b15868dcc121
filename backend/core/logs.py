"""One JSON object a line, with the request's id, and without secrets."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from backend.core import clock
from backend.core.context import origin

_SECRET = re.compile(
    r"(?i)\b(access_token|refresh_token|corpsecret|secret|password|js_code|session_key|authorization|code)"
    r"(\"?\s*[=:]\s*\"?)(bearer\s+)?[^\s&\",;}]+"
)


def redacted(text: str) -> str:
    return _SECRET.sub(r"\1\2***", text)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["exception"] = redacted(self.formatException(record.exc_info))
        at = datetime.fromtimestamp(record.created, UTC)
        return _line(at, record.levelname, record.name, redacted(record.getMessage()), fields)


def write(logger: logging.Logger, message: str, fields: Mapping[str, object]) -> None:
    """As `logger.info`, straight to where our handler writes: the machinery of `logging` costs four times what the line
    does, on every request. `message` and `fields` hold no secrets."""
    if logger.isEnabledFor(logging.INFO):
        sys.stderr.write(_line(clock.now(), "INFO", logger.name, message, fields) + "\n")


def _line(at: datetime, level: str, logger: str, message: str, fields: Mapping[str, object]) -> str:
    line: dict[str, object] = {"at": at, "level": level, "logger": logger, "message": message}
    if request_id := origin().request_id:
        line["request_id"] = request_id
    line.update(fields)
    try:
        return orjson.dumps(line, default=str).decode()
    except TypeError:  # half a surrogate pair, from an outside system: a log line must not fail for it
        return json.dumps(line, default=str)

"""ETag and 304: a phone on a bad network asks often and should be told "nothing new" cheaply."""

import hashlib
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase


def etag_of(*parts: object) -> str:
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=9).hexdigest()}"'


def is_current(request: HttpRequest, etag: str) -> bool:
    given = request.META.get("HTTP_IF_NONE_MATCH", "")
    return etag in {part.strip().removeprefix("W/") for part in given.split(",")}


def not_modified(etag: str) -> HttpResponse:
    response = HttpResponseNotModified()
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def json_reply(
    request: HttpRequest, body: Any, *, etag: str | None = None, content_type: str = "application/json"
) -> HttpResponseBase:
    """The body as JSON with its ETag, or 304 where the phone already holds it.

    For the hot reads: it skips ninja's response validation, which contract tests do instead.
    """
    content = body if isinstance(body, bytes) else orjson.dumps(body, default=str)
    return reply(request, content, content_type=content_type, etag=etag)


def reply(request: HttpRequest, content: bytes, *, content_type: str, etag: str | None = None) -> HttpResponseBase:
    """These bytes with their ETag, or 304 where the phone already holds them."""
    tag = etag or f'"{hashlib.blake2b(content, digest_size=9).hexdigest()}"'
    if is_current(request, tag):
        return not_modified(tag)
    response = HttpResponse(content, content_type=content_type)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return response

"""A file from the phone's side: declared, put where the server says, completed."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.test import Client

from backend.files.rules import PART_BYTES
from tests.support.client import Caller


def declaration(content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "name": "门店照片.jpg",
        "size": len(content),
        "type": "image/jpeg",
        "sha256": hashlib.sha256(content).hexdigest(),
        "purpose": "visit_photo",
    } | changes


def pieces(content: bytes) -> list[bytes]:
    """As a phone cuts it."""
    return [content[at : at + PART_BYTES] for at in range(0, len(content), PART_BYTES)]


def declaration_in_parts(content: bytes, **changes: Any) -> dict[str, Any]:
    parts = [hashlib.sha256(piece).hexdigest() for piece in pieces(content)]
    return declaration(content, parts=parts, **changes)


def put(target: dict[str, Any], content: bytes, **headers: str) -> int:
    """The status of a PUT as the target asks for it, to us or to whatever storage it names."""
    url, wanted = target["url"], target["headers"] | headers
    if url.startswith(settings.PUBLIC_URL):
        kind = wanted.pop("Content-Type")
        return Client().put(url, content, content_type=kind, headers=wanted).status_code
    request = urllib.request.Request(url, data=content, headers=wanted, method=target["method"])
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def fetch(url: str) -> tuple[bytes, Mapping[str, str]]:
    """The bytes and headers (by name in any case) behind a signed link."""
    if url.startswith(settings.PUBLIC_URL):
        reply = Client().get(url)
        assert reply.status_code == 200, reply
        return b"".join(reply.streaming_content), reply.headers
    with urllib.request.urlopen(url) as found:
        return found.read(), found.headers


def uploaded(caller: Caller, content: bytes, **changes: Any) -> dict[str, Any]:
    """Declared, put and completed; verification is owed."""
    declared = caller.post("/files", declaration(content, **changes)).json()
    assert put(declared["upload"], content) in {200, 204}
    reply = caller.post(f"/files/{declared['id']}/complete")
    assert reply.status_code == 202, reply.content
    found: dict[str, Any] = reply.json()
    return found

"""Exports as a phone asks for them, and what is in their files."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.test import Client

from backend.core import spreadsheets
from tests.support.client import Caller


def asked(caller: Caller, filters: dict[str, Any] | None = None, *, of: str = "customers") -> dict[str, Any]:
    reply = caller.post(f"/{of}/exports", {"id": str(uuid4()), "filters": filters or {}})
    assert reply.status_code == 202, reply.content
    return reply.json()


def path_of(told: dict[str, Any]) -> str:
    """Of the link, on whichever host it is."""
    parts = urlsplit(told["link"]["url"])
    return f"{parts.path}?{parts.query}"


def opened(caller: Caller, export_id: str) -> list[dict[str, str]]:
    """The rows of the file by its headings, fetched as whoever holds the link."""
    told = caller.get(f"/exports/{export_id}").json()
    assert told["state"] == "ready", told
    reply = Client().get(path_of(told))
    assert reply.status_code == 200, reply
    heading, *rows = spreadsheets.sheets(b"".join(reply.streaming_content))[0].rows
    return [dict(zip(map(str, heading), map(str, row), strict=False)) for row in rows]

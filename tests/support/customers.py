"""Customers as a phone makes them."""

from typing import Any
from uuid import uuid4


def made(caller: Any, name: str = "联华超市", **told: Any) -> dict[str, Any]:
    reply = caller.post("/customers", {"id": str(uuid4()), "name": name, "accept_duplicates": True, **told})
    assert reply.status_code == 201, reply.content
    return reply.json()


def pooled(caller: Any, name: str = "联华超市", **told: Any) -> dict[str, Any]:
    return caller.post(f"/customers/{made(caller, name, **told)['id']}/release").json()


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]

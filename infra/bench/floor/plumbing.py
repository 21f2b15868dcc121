"""A connection for each thread, who asks, and how it is answered."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import orjson
import psycopg
from psycopg.rows import namedtuple_row

Params = dict[str, Any]
Reply = tuple[str, dict[str, str], bytes]

PLAN = orjson.loads(Path(os.environ["FLOOR_PLAN"]).read_bytes())
"""What only the product knows: its SQL, its tokens, who sees which departments (`infra.bench.plan`)."""
SQL: dict[str, str] = PLAN["sql"]
TOKENS: dict[str, Any] = PLAN["tokens"]

_verified: dict[str, tuple[float, Params]] = {}
_thread = threading.local()


def connection() -> psycopg.Connection[Any]:
    held: psycopg.Connection[Any] | None = getattr(_thread, "connection", None)
    if held is None or held.closed:
        held = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options=PLAN["options"])
        _thread.connection = held
    return held


def rows(statement: str, params: Params) -> list[Any]:
    return connection().execute(statement, params).fetchall()


def run(statement: str, params: Params) -> None:
    connection().execute(statement, params)


def one(statement: str, params: Params) -> Any:
    """The only row, its columns by name."""
    return connection().cursor(row_factory=namedtuple_row).execute(statement, params).fetchone()


@contextmanager
def transaction() -> Iterator[None]:
    with connection().transaction():
        yield


def who(environ: dict[str, Any]) -> Params:
    """Who asks, as parameters of the SQL."""
    token = environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    until, found = _verified.get(token, (0.0, {}))
    if until < time.time():
        claims = jwt.decode(
            token, TOKENS["key"], [TOKENS["algorithm"]], audience=TOKENS["audience"], issuer=TOKENS["issuer"]
        )
        found = {
            "me": UUID(claims["sub"]),
            "company": UUID(claims["company"]),
            "departments": [UUID(pk) for pk in PLAN["departments"][claims["sub"]]],
            "whole_company": False,
        }
        _verified[token] = claims["exp"], found
    return found


def body_of(environ: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    return parsed


def ok(body: Any, etag: str | None = None) -> Reply:
    content = orjson.dumps(body)
    headers = {"Content-Type": "application/json", "ETag": etag or etag_of(content)}
    return "200 OK", headers, content


def etag_of(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=9).hexdigest()}"'

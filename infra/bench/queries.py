"""How many statements PostgreSQL is sent for one request, counted by PostgreSQL."""

import http.client
import json
import re
from statistics import median
from typing import Any

from psycopg import sql

from backend.embedded import postgres
from infra.bench.databases import HOME, connected
from infra.bench.servers import WebServer

LOGGED = re.compile(rb"LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)")
COUNTED = 5
"""Requests of each kind, from the end of its list, which the load leaves alone."""


def count(
    server: postgres.Server, database: str, web: WebServer, asked: dict[str, list[dict[str, Any]]]
) -> dict[str, int]:
    """The median of a few requests of each kind by people whom the process has met; BEGIN and COMMIT left out."""
    log_all = sql.SQL("ALTER DATABASE {} SET log_statement = 'all'").format(sql.Identifier(database))
    with connected(server) as connection:
        connection.execute(log_all)
        _end_connections(connection, database)
        found = {name: _of(web, requests[-COUNTED:]) for name, requests in asked.items()}
        connection.execute(sql.SQL("ALTER DATABASE {} RESET log_statement").format(sql.Identifier(database)))
        _end_connections(connection, database)
    return found


def _end_connections(connection: Any, database: str) -> None:
    """So that the next ones have the new setting."""
    connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database])


def _of(web: WebServer, requests: list[dict[str, Any]]) -> int:
    client = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)  # one connection stays with one worker
    for request in requests:
        if request.get("token"):
            _ask(client, {"method": "GET", "path": "/api/v1/me", "token": request["token"]})
    made = []
    for request in requests:
        before = (HOME / "log").stat().st_size
        _ask(client, request)
        with (HOME / "log").open("rb") as log:
            log.seek(before)
            made.append(len(LOGGED.findall(log.read())))
    client.close()
    return round(median(made))


def _ask(client: http.client.HTTPConnection, request: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"} | request.get("headers", {})
    if request.get("token"):
        headers["Authorization"] = f"Bearer {request['token']}"
    body = json.dumps(request["body"]) if request.get("body") is not None else None
    client.request(request["method"], request["path"], body=body, headers=headers)
    reply = client.getresponse()
    reply.read()
    if reply.status >= 400:
        raise RuntimeError(f"{request['path']}: {reply.status}")

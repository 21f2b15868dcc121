"""The ERP's side: signing what it tells, and a receiver of our messages that keeps the contract of
`backend.erp.connectors.generic` and can be told to misbehave."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook

from backend.core import clock
from backend.erp.models import ErpSystem
from tests.support.client import BASE


def event(number: str, kind: str, id: str = "", *, minutes_ago: float = 1, **fields: Any) -> dict[str, Any]:
    occurred_at = (clock.now() - timedelta(minutes=minutes_ago)).isoformat()
    return {"id": id or kind, "order_number": number, "kind": kind, "occurred_at": occurred_at} | fields


def signed(secret: str, message_id: str, body: str, *, at: datetime | None = None) -> dict[str, str]:
    moment = at or clock.now()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body),
    }


def tell(caller: Any, system: ErpSystem, message: dict[str, Any], *, id: str = "m1", **how: Any) -> Any:
    """The ERP's POST to our webhook. `how`: secret, at, and `sent` for a body other than the signed one."""
    body = orjson.dumps(message).decode()
    headers = signed(how.get("secret") or system.live_secrets[0], id, body, at=how.get("at"))
    return post(caller, system.pk, how.get("sent", body), headers)


def post(caller: Any, system_id: Any, body: str | bytes, headers: dict[str, str]) -> Any:
    path = f"{BASE}/webhooks/erp/{system_id}"
    return caller.client.post(path, body, content_type="application/json", headers=headers)


@dataclass
class Receiver:
    """`orders`: what it has accepted by webhook-id; `answers`: what to do next instead of accepting, in order.

    An answer is a status, (status, JSON), or `lose`: accept and hang up without a reply.
    """

    url: str = ""
    secret: str = ""
    orders: dict[str, Any] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, Any] | None:
        self.requests.append(headers)
        Webhook(self.secret).verify(body, headers)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, int) and answer != 200:
            return answer, {}
        if isinstance(answer, tuple):
            return answer
        key = headers["webhook-id"]
        self.orders.setdefault(key, json.loads(body)["order"])
        return None if answer == "lose" else (200, {"id": f"ERP-{key}"})


@contextmanager
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = state.take({name.lower(): value for name, value in self.headers.items()}, body)
            if reply is None:
                self.close_connection = True
                return
            status, said = reply
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/orders"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()

"""Telling the app: one thread a callback, tried as often as the platform would, every try written down."""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from infra.simulators.wechat.callbacks import crypto, events, forgery
from infra.simulators.wechat.callbacks.forgery import Draft
from infra.simulators.wechat.model import Account, App
from infra.simulators.wechat.state import State

MAX_REPLY = 64 * 1024
OK = "ok"
OnReply = Callable[[ElementTree.Element], str]
"""Acts on a decrypted passive reply; says what is wrong with it, or nothing."""


@dataclass(frozen=True)
class Trouble:
    """What shall go wrong with one callback: `forged` as a kind of forgery, sent late, or sent more than once."""

    forged: str = ""
    delay: float = 0.0
    copies: int = 1
    together: bool = False
    """The copies at the same moment, not one after the other."""


@dataclass
class Delivery:
    """One callback and how it went. `outcome`: ok, or why the last try failed."""

    id: int
    receiver: str
    url: str
    event: str
    plaintext: str
    outcome: str = "pending"
    attempts: list[dict[str, Any]] = field(default_factory=list)
    finished: threading.Event = field(default_factory=threading.Event, repr=False)

    def shown(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "finished"}


def send(
    state: State,
    to: App | Account,
    plaintext: bytes,
    *,
    event: str,
    trouble: Trouble | None = None,
    on_reply: OnReply | None = None,
) -> list[Delivery]:
    """Begin to send, without waiting; a Delivery for every copy. Nothing where no address was entered."""
    if not to.callback_url:
        return []
    trouble = trouble or Trouble()
    deliveries = [_written_down(state, to, event, plaintext) for _ in range(trouble.copies)]
    scenario = state.scenario

    def work(batch: list[Delivery]) -> None:
        if not scenario.wait(trouble.delay):
            for delivery in batch:
                _deliver(state, scenario, to, plaintext, delivery, trouble.forged, on_reply)
                delivery.finished.set()

    batches = [[delivery] for delivery in deliveries] if trouble.together else [deliveries]
    for batch in batches:
        threading.Thread(target=work, args=(batch,), daemon=True).start()
    return deliveries


def _written_down(state: State, to: App | Account, event: str, plaintext: bytes) -> Delivery:
    with state.lock:
        state.callbacks_sent += 1
        delivery = Delivery(
            state.callbacks_sent,
            "/".join(str(part) for part in to.key if part is not None),
            to.callback_url,
            event,
            plaintext.decode(),
        )
        state.callbacks.append(delivery)
    return delivery


def _deliver(
    state: State,
    scenario: threading.Event,
    to: App | Account,
    plaintext: bytes,
    delivery: Delivery,
    forged: str,
    on_reply: OnReply | None,
) -> None:
    """A forgery is tried once, as whoever makes one would; the platform tries again on silence and on errors."""
    rules = state.callback_rules
    for attempt in range(1 if forged else int(rules["tries"])):
        if attempt and scenario.wait(rules["pause"]):
            return
        query, body = _request(to, plaintext, state.now(), forged)
        status, reply, seconds, failure = exchange("POST", to, query, body, rules["timeout"])
        if not failure and status != 200:
            failure = f"HTTP {status}"
        again = bool(failure) and (status is None or rules["retry_on_status"])
        if not failure:
            failure = _read_reply(state, to, reply, on_reply)
        tried = {"at": state.now(), "status": status, "seconds": round(seconds, 3), "outcome": failure or OK}
        delivery.attempts.append(tried | {"reply": reply.decode("utf-8", "replace")[:2000]})
        delivery.outcome = failure or OK
        if not again:
            return


def _request(to: App | Account, plaintext: bytes, now: float, forged: str) -> tuple[dict[str, str], bytes]:
    """Encrypted afresh for every try, as the platform does; the plaintext stays the same."""
    draft = Draft(plaintext, to.aes_key, to.receiver_id, int(now), secrets.token_hex(5))
    if forged:
        draft = forgery.KINDS[forged](draft)
    encrypt = draft.encrypt
    if encrypt is None:
        encrypt = crypto.encrypted(draft.plaintext, aes_key=draft.aes_key, receiver_id=draft.receiver_id)
    query = {"timestamp": str(draft.timestamp), "nonce": draft.nonce}
    signed = forgery.signature(draft, to.callback_token, encrypt)
    if isinstance(to, Account):
        plain = forgery.signature(draft, to.callback_token)
        query = {"signature": plain, **query, "encrypt_type": "aes", "msg_signature": signed}
        if to.format == "json" and draft.body is None:
            return query, json.dumps({"ToUserName": to.original_id, "Encrypt": encrypt}).encode()
        return query, draft.body if draft.body is not None else events.envelope(to.original_id, encrypt, None)
    body = draft.body if draft.body is not None else events.envelope(to.corp_id, encrypt, to.agent_id)
    return {"msg_signature": signed, **query}, body


def exchange(
    method: str, to: App | Account, query: dict[str, str], body: bytes | None, timeout: float
) -> tuple[int | None, bytes, float, str]:
    """Status, answer, seconds, and what went wrong on the way. The connection is cut at the time limit."""
    parts = urlsplit(to.callback_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = f"{parts.path or '/'}?{parts.query + '&' if parts.query else ''}{urlencode(query)}"
    began = time.monotonic()
    connection = kind(parts.netloc, timeout=timeout)
    try:
        connection.request(method, path, body, {"Content-Type": "text/xml"} if body is not None else {})
        response = connection.getresponse()
        reply = response.read(MAX_REPLY)
    except TimeoutError:
        return None, b"", time.monotonic() - began, "timeout"
    except (OSError, http.client.HTTPException) as error:
        return None, b"", time.monotonic() - began, type(error).__name__
    finally:
        connection.close()
    seconds = time.monotonic() - began
    return (None, b"", seconds, "timeout") if seconds > timeout else (response.status, reply, seconds, "")


def _read_reply(state: State, to: App | Account, reply: bytes, on_reply: OnReply | None) -> str:
    """Empty, `success`, or a passive reply that is signed and encrypted as ours must be; else why not."""
    if reply in (b"", b"success"):
        return ""
    try:
        outer = ElementTree.fromstring(reply.decode())
        encrypt, signed, timestamp, nonce = (
            outer.findtext(name) or "" for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
        )
        if not encrypt or crypto.signature(to.callback_token, timestamp, nonce, encrypt) != signed:
            return "bad reply: wrong signature"
        plain = crypto.decrypted(encrypt, aes_key=to.aes_key, receiver_id=to.receiver_id)
        inner = ElementTree.fromstring(plain.decode())
    except (ElementTree.ParseError, ValueError) as error:
        return f"bad reply: {error}"
    if on_reply is None:
        return ""
    with state.lock:
        wrong = on_reply(inner)
    return f"bad reply: {wrong}" if wrong else ""

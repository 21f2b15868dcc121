"""Whether an address answers as the platform demands before it is accepted: the exact bytes, within one second."""

import secrets
from typing import Any

from infra.simulators.wechat.callbacks import crypto, sender
from infra.simulators.wechat.model import Account, App
from infra.simulators.wechat.state import State

SECONDS = 1.0


def verify(state: State, to: App | Account, *, forged: bool = False) -> dict[str, Any]:
    """`ok` and why not. `forged`: with a signature that is wrong, which must not be answered with the secret."""
    secret = str(secrets.randbelow(10**19))
    timestamp, nonce = str(int(state.now())), secrets.token_hex(5)
    if isinstance(to, Account):
        signed = crypto.signature(to.callback_token, timestamp, nonce)
        query = {"signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": secret}
    else:
        echo = crypto.encrypted(secret.encode(), aes_key=to.aes_key, receiver_id=to.receiver_id)
        signed = crypto.signature(to.callback_token, timestamp, nonce, echo)
        query = {"msg_signature": signed, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
    if forged:
        query |= {name: "0" * 40 for name in ("signature", "msg_signature") if name in query}
    status, reply, seconds, failure = sender.exchange("GET", to, query, None, SECONDS)
    if not failure and status != 200:
        failure = f"HTTP {status}"
    if not failure and reply != secret.encode():
        failure = "not the exact plaintext"
    return {
        "ok": not failure,
        "failure": failure,
        "status": status,
        "seconds": round(seconds, 3),
        "reply": reply.decode("utf-8", "replace")[:200],
    }

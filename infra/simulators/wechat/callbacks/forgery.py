"""Callbacks that are not as they should be: each kind spoils one thing about the request."""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from infra.simulators.wechat.callbacks import crypto, events

DTD = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OVERSIZE = 5 * 1024 * 1024
STALE_SECONDS = 86_400


@dataclass(frozen=True)
class Draft:
    """A callback before it is signed and sent. `encrypt` and `body` replace what would be made of the rest."""

    plaintext: bytes
    aes_key: str
    receiver_id: str
    timestamp: int
    nonce: str
    signed_nonce: str = ""
    signature: str | None = None
    encrypt: str | None = None
    body: bytes | None = None


Spoil = Callable[[Draft], Draft]


def _inside(change: Callable[[bytes], bytes]) -> Spoil:
    return lambda draft: replace(draft, plaintext=change(draft.plaintext))


def _unknown_event(_: bytes) -> bytes:
    return events.event("ww", "sys", 1, Event="never_heard_of", EventKey=secrets.token_hex(4))


KINDS: dict[str, Spoil] = {
    "bad_signature": lambda draft: replace(draft, signature="0" * 40),
    "no_signature": lambda draft: replace(draft, signature=""),
    "tampered_nonce": lambda draft: replace(draft, signed_nonce=secrets.token_hex(5)),
    "stale": lambda draft: replace(draft, timestamp=draft.timestamp - STALE_SECONDS),
    "wrong_receiver": lambda draft: replace(draft, receiver_id="ww-of-somebody-else"),
    "receiver_case": lambda draft: replace(draft, receiver_id=draft.receiver_id.swapcase()),
    "wrong_aes_key": lambda draft: replace(draft, aes_key=base64.b64encode(os.urandom(32)).decode().rstrip("=")),
    "bad_base64": lambda draft: replace(draft, encrypt="!这不是base64!"),
    "short_ciphertext": lambda draft: replace(draft, encrypt=base64.b64encode(os.urandom(15)).decode()),
    "empty_encrypt": lambda draft: replace(draft, encrypt=""),
    "missing_encrypt": lambda draft: replace(draft, body=b"<xml><ToUserName>ww</ToUserName></xml>"),
    "malformed_xml": lambda draft: replace(draft, body=b"<xml><Encrypt>abc</xml>"),
    "empty_body": lambda draft: replace(draft, body=b""),
    "not_utf8": lambda draft: replace(draft, body=b"<xml><Encrypt>\xff\xfe</Encrypt></xml>"),
    "nul": lambda draft: replace(draft, body=b"<xml>\0</xml>"),
    "dtd": lambda draft: replace(draft, body=DTD + b"<xml><Encrypt>&b;</Encrypt></xml>"),
    "oversize": lambda draft: replace(draft, body=b"<xml><Encrypt>" + b"A" * OVERSIZE + b"</Encrypt></xml>"),
    "malformed_inside": _inside(lambda plain: plain[:-6]),
    "dtd_inside": _inside(lambda plain: DTD + plain),
    "not_utf8_inside": _inside(lambda plain: plain.replace(b"</xml>", b"<X>\xff</X></xml>")),
    "empty_inside": _inside(lambda plain: b""),
    "unknown_event": _inside(_unknown_event),
}


def signature(draft: Draft, token: str, *content: str) -> str:
    if draft.signature is not None:
        return draft.signature
    return crypto.signature(token, str(draft.timestamp), draft.signed_nonce or draft.nonce, *content)

"""What the platform seals: signature, AES and receiver of a callback, both ways (document paths 90930, 90238).

wechatpy does the cryptography. Around it stands what it lacks: a comparison in constant time, a limit of age, and one
kind of error for the seven kinds of exception that malformed input raises in it.
"""

import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import uuid4
from xml.parsers.expat import ExpatError

import xmltodict
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import WeChatSigner

from backend.wechat.callbacks.errors import CallbackMalformed, CallbackRefused

FRESH_FOR = timedelta(minutes=10)
"""How far the time of a message may lie from ours, either way. Within it the stored plaintext tells a replay."""
BROKEN = (ValueError, TypeError, KeyError, IndexError, AssertionError, struct.error)
"""What wechatpy raises on a wrong AES key, bad base64, a short or empty ciphertext, a text that is no UTF-8."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What one app shares with the platform. `receiver`: its corporation or app id."""

    token: str
    aes_key: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The part of a callback that travels in its address."""

    signature: str
    timestamp: str
    nonce: str


def check_stamp(keys: Keys, stamp: Stamp, *signed: str, at: datetime) -> None:
    """Raises CallbackRefused unless the token's holder has just signed `signed`, timestamp and nonce."""
    signer = WeChatSigner()
    signer.add_data(*(text.encode() for text in (keys.token, stamp.timestamp, stamp.nonce, *signed)))
    genuine = compare_digest(signer.signature.encode(), stamp.signature.lower().encode())
    if not keys.token or not genuine or not _is_fresh(stamp.timestamp, at):
        raise CallbackRefused()


def opened(keys: Keys, stamp: Stamp, sealed: str, *, at: datetime) -> str:
    """The plaintext of what the platform has sealed for this receiver just now. Raises CallbackRefused."""
    check_stamp(keys, stamp, sealed, at=at)
    try:
        crypto = WeChatCrypto(keys.token, keys.aes_key, keys.receiver)
        plaintext: str = crypto.check_signature(stamp.signature.lower(), stamp.timestamp, stamp.nonce, sealed)
    except (*BROKEN, InvalidCorpIdException, InvalidSignatureException) as exc:
        raise CallbackRefused() from exc
    return plaintext


def sealed_in(body: bytes) -> str:
    """The `Encrypt` of an XML or JSON envelope. Raises CallbackMalformed."""
    sealed = fields_of(text_of(body)).get("Encrypt")
    if not isinstance(sealed, str) or not sealed:
        raise CallbackMalformed()
    return sealed


def text_of(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise CallbackMalformed() from exc


def fields_of(text: str) -> dict[str, Any]:
    """The fields of `<xml>…</xml>` or of a JSON object. Raises CallbackMalformed, also for what cannot be stored."""
    try:
        fields = json.loads(text) if text.lstrip().startswith("{") else _xml(text)
        plain = json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, RecursionError, ExpatError) as exc:  # half a surrogate pair is a ValueError too
        raise CallbackMalformed() from exc
    if not isinstance(fields, dict) or b"\\u0000" in plain:
        raise CallbackMalformed()
    return fields


def reply(keys: Keys, text: str, *, at: datetime) -> str:
    """A passive reply, sealed and signed as the platform seals its messages."""
    crypto = WeChatCrypto(keys.token, keys.aes_key, keys.receiver)
    xml: str = crypto.encrypt_message(text, uuid4().hex, str(int(at.timestamp())))
    return xml


def _xml(text: str) -> Any:
    if "<!DOCTYPE" in text.upper():  # xmltodict refuses entities only; an external subset has no business here either
        raise ValueError("a document type")
    return xmltodict.parse(text, encoding="utf-8").get("xml")


def _is_fresh(timestamp: str, at: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 11):
        return False
    return abs(datetime.fromtimestamp(int(timestamp), UTC) - at) <= FRESH_FOR

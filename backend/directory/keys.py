"""The keys of access tokens: one pinned algorithm, several keys alive at once.

`settings.JWT_KEYS` is a list; the first signs, every one verifies. So a key is changed without an interruption in
three steps, each rolled out to all processes before the next: append the new key (it is accepted before it signs), move
it to the front, and drop the old one when the last token it signed has expired (docs/operations.md).
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

HS256 = "HS256"
EDDSA = "EdDSA"
ALGORITHMS = (HS256, EDDSA)
MIN_SECRET_BYTES = 32
PUBLIC = "public:"
"""Before the 64 hexadecimal digits of an Ed25519 key that only verifies: another server holds the private half."""


class BadKey(ValueError):
    """The text of the exception never holds the key."""


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    signing: Ed25519PrivateKey | str | None
    """None for a key that only verifies."""
    verifying: Ed25519PublicKey | str


def signing_key() -> Key:
    return _current()[0]


def key_with_id(key_id: object) -> Key | None:
    return next((key for key in _current() if key.id == key_id), None)


def public_keys() -> list[dict[str, str]]:
    """RFC 7517, for whoever wants to verify our tokens; nothing where the keys are shared secrets."""
    return [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": EDDSA,
            "use": "sig",
            "kid": key.id,
            "x": urlsafe_b64encode(_raw(key.verifying)).decode().rstrip("="),
        }
        for key in _current()
        if isinstance(key.verifying, Ed25519PublicKey)
    ]


def parse(texts: Sequence[str], algorithm: str) -> tuple[Key, ...]:
    """Raises BadKey, saying which one is wrong."""
    if algorithm not in ALGORITHMS:
        raise BadKey(f"JWT_ALGORITHM={algorithm}")
    read = _ed25519 if algorithm == EDDSA else _secret
    keys = tuple(read(text, place) for place, text in enumerate(texts, start=1))
    if len({key.id for key in keys}) < len(keys):
        raise BadKey("JWT_KEYS: the same key twice")
    if not keys or keys[0].signing is None:
        raise BadKey("JWT_KEYS: the first key cannot sign")
    return keys


def _current() -> tuple[Key, ...]:
    return _parsed(tuple(settings.JWT_KEYS), settings.JWT_ALGORITHM)


@lru_cache(maxsize=8)
def _parsed(texts: tuple[str, ...], algorithm: str) -> tuple[Key, ...]:
    return parse(texts, algorithm)


def _secret(text: str, place: int) -> Key:
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise BadKey(f"JWT_KEYS: key {place} is shorter than {MIN_SECRET_BYTES} bytes")
    return Key(_key_id(text.encode()), text, text)


def _ed25519(text: str, place: int) -> Key:
    digits = text.removeprefix(PUBLIC)
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != MIN_SECRET_BYTES or len(digits) != 2 * MIN_SECRET_BYTES:
        raise BadKey(f"JWT_KEYS: key {place} is not 64 hexadecimal digits")
    private = None if text.startswith(PUBLIC) else Ed25519PrivateKey.from_private_bytes(raw)
    public = private.public_key() if private else Ed25519PublicKey.from_public_bytes(raw)
    return Key(_key_id(_raw(public)), private, public)


def _raw(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_id(material: bytes) -> str:
    return hashlib.sha256(material).hexdigest()[:12]

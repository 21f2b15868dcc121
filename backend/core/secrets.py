"""Encryption of secrets that must be kept in the database: Fernet, AES-128-CBC with HMAC-SHA256.

The keys come from `FIELD_ENCRYPTION_KEYS`, newest first: the first encrypts, all decrypt. So a key is changed by
putting the new one in front and dropping the old one when everything has been saved again.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """The text was encrypted with a key that is no longer configured, or was damaged."""


def encrypted(text: str) -> str:
    """Printable ciphertext, different each time even for the same text."""
    return _box().encrypt(text.encode()).decode()


def decrypted(stored: str) -> str:
    """Raises Unreadable, whose text does not contain what was stored."""
    try:
        return _box().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Unreadable("FIELD_ENCRYPTION_KEYS") from None


def _box() -> MultiFernet:
    return _box_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """Fernet wants exactly 32 bytes; operators give text of any length."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"waiqin field encryption")
    return urlsafe_b64encode(kdf.derive(key.encode()))

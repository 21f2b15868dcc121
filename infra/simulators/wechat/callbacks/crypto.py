"""The encryption of callbacks (document path 90968), written from the document and shared with nobody.

AES-256-CBC; the key is the app's AESKey read as base64, its first half the initialisation vector; the plaintext is
16 random bytes, the length, the message and whom it is for, padded to blocks of 32.
"""

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class CryptoError(ValueError):
    """What came cannot be believed; the text says why."""


def signature(token: str, timestamp: str, nonce: str, *content: str) -> str:
    """Of the encrypted content; without any it is the plain check of an official account's address."""
    return hashlib.sha1("".join(sorted([token, timestamp, nonce, *content])).encode()).hexdigest()


def encrypted(message: bytes, *, aes_key: str, receiver_id: str) -> str:
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + receiver_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


def decrypted(text: str, *, aes_key: str, receiver_id: str) -> bytes:
    """CryptoError unless it was encrypted with this key for this receiver."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise CryptoError("not base64") from None
    if not data or len(data) % 16:
        raise CryptoError("not whole blocks")
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise CryptoError("wrong padding: another key?")
    plain = plain[:-padding]
    (length,) = struct.unpack(">I", plain[16:20]) if len(plain) >= 20 else (len(plain),)
    message, receiver = plain[20 : 20 + length], plain[20 + length :]
    if len(message) != length or receiver != receiver_id.encode():
        raise CryptoError("for another receiver")
    return message


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

"""Tokens that are not ours, or not any more what we signed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from backend.directory import keys, tokens

KEY = settings.JWT_KEYS[0]


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def genuine(claims: dict[str, Any], key: Any = KEY, algorithm: str = "HS256", **headers: Any) -> str:
    """Signed as we sign, or nearly so."""
    header = {"typ": tokens.TYPE, "kid": keys.signing_key().id} | headers
    return jwt.encode(claims, key, algorithm=algorithm, headers=header)


def without_signature(token: str, algorithm: str = "none") -> str:
    header = urlsafe_b64encode(orjson.dumps({"alg": algorithm, "typ": tokens.TYPE, "kid": keys.signing_key().id}))
    return f"{header.decode().rstrip('=')}.{token.split('.')[1]}."


def flipped(token: str, part: int) -> str:
    parts = token.split(".")
    raw = bytearray(urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    raw[len(raw) // 2] ^= 1
    parts[part] = urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    return ".".join(parts)


def _with_header(token: str, **changes: Any) -> str:
    head, rest = token.split(".", 1)
    header = orjson.loads(urlsafe_b64decode(head + "==")) | changes
    return f"{urlsafe_b64encode(orjson.dumps(header)).decode().rstrip('=')}.{rest}"


def _unchecked(claims: dict[str, Any]) -> str:
    """Rightly signed whatever the claims are; PyJWT's own encode refuses some."""
    header = {"typ": tokens.TYPE, "kid": keys.signing_key().id}
    return jwt.PyJWS().encode(orjson.dumps(claims), KEY, algorithm="HS256", headers=header)


FORGED = {
    "alg none": without_signature,
    "wrong key": lambda token: genuine(claims_of(token), key="x" * 32),
    "other algorithm": lambda token: genuine(claims_of(token), algorithm="HS512"),
    "wrong audience": lambda token: genuine(claims_of(token) | {"aud": "somebody-else"}),
    "wrong issuer": lambda token: genuine(claims_of(token) | {"iss": "somebody-else"}),
    "wrong type": lambda token: genuine(claims_of(token), typ="JWT"),
    "unknown key id": lambda token: genuine(claims_of(token), kid="ffffffffffff"),
    "no expiry": lambda token: genuine({k: v for k, v in claims_of(token).items() if k != "exp"}),
    "expiry as text": lambda token: genuine(claims_of(token) | {"exp": "9999999999"}),
    "expiry too far": lambda token: genuine(claims_of(token) | {"exp": claims_of(token)["iat"] + 86_400}),
    "from the future": lambda token: genuine(
        claims_of(token) | {"iat": claims_of(token)["iat"] + 600, "exp": claims_of(token)["iat"] + 1200}
    ),
    "subject is no id": lambda token: genuine(claims_of(token) | {"sub": "root"}),
    "header tampered": lambda token: flipped(token, 0),
    "payload tampered": lambda token: flipped(token, 1),
    "signature tampered": lambda token: flipped(token, 2),
    "alg None": lambda token: without_signature(token, "None"),
    "no signature": lambda token: token.rsplit(".", 1)[0] + ".",
    "a key of its own": lambda token: genuine(
        claims_of(token), Ed25519PrivateKey.generate(), "EdDSA", jwk={"kty": "OKP", "crv": "Ed25519", "x": "eA"}
    ),
    "unknown critical header": lambda token: genuine(claims_of(token), crit=["x"], x=1),
    "key id is a path": lambda token: genuine(claims_of(token), kid="../../dev/null"),
    "key id is a list": lambda token: _with_header(token, kid=["x"]),
    "subject is a number": lambda token: _unchecked(claims_of(token) | {"sub": 7}),
    "no session": lambda token: genuine({k: v for k, v in claims_of(token).items() if k != "sid"}),
    "expiry without end": lambda token: _unchecked(claims_of(token) | {"exp": 1e30}),
    "huge": lambda token: token + "A" * 5000,
    "garbage": lambda token: "garbage",
    "three dots": lambda token: "...",
}

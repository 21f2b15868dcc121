"""Access and refresh tokens. RFC 8725 rules: one pinned algorithm, every claim required, the type checked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from django.conf import settings

from backend.core.errors import Unauthenticated
from backend.core.text import bilingual
from backend.directory import keys

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=30)
TYPE = "at+jwt"
LEEWAY_S = 5
MAX_LENGTH = 4096
"""Characters. PyJWT itself would hash a token of any size."""


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    message = bilingual("登录凭证无效，请重新登录。", "The token is not valid. Sign in again.")


class TokenExpired(Unauthenticated):
    code = "token_expired"
    message = bilingual("登录已过期，请刷新凭证。", "The token has expired. Refresh it.")


@dataclass(frozen=True, slots=True)
class Claims:
    employee_id: UUID
    company_id: UUID
    session_id: UUID
    expires_at: float
    """Seconds since the epoch."""


def sign_access(*, employee_id: UUID, company_id: UUID, session_id: UUID, at: datetime) -> str:
    key = keys.signing_key()
    claims = {
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
        "iat": int(at.timestamp()),
        "exp": int((at + ACCESS_LIFETIME).timestamp()),
        "sub": str(employee_id),
        "sid": str(session_id),
        "company": str(company_id),
    }
    assert key.signing is not None  # backend/directory/keys.py takes no list that begins otherwise
    return jwt.encode(claims, key.signing, algorithm=settings.JWT_ALGORITHM, headers={"typ": TYPE, "kid": key.id})


def verify_access(token: str, *, at: datetime) -> Claims:
    """Raises TokenExpired for a genuine token past its time, TokenInvalid for anything else."""
    if len(token) > MAX_LENGTH:
        raise TokenInvalid()
    try:
        header = jwt.get_unverified_header(token)
        key = keys.key_with_id(header.get("kid"))
        if header.get("typ") != TYPE or key is None:
            raise TokenInvalid()
        claims = jwt.decode(
            token,
            key.verifying,
            algorithms=[settings.JWT_ALGORITHM],
            audience=settings.JWT_AUDIENCE,
            issuer=settings.JWT_ISSUER,
            options={
                "require": ["iss", "aud", "iat", "exp", "sub", "sid", "company"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        issued, expires = claims["iat"], claims["exp"]
        if type(issued) is not int or type(expires) is not int:
            raise TokenInvalid()
        verified = Claims(UUID(claims["sub"]), UUID(claims["company"]), UUID(claims["sid"]), float(expires))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as exc:
        raise TokenInvalid() from exc
    now = at.timestamp()
    if issued > now + LEEWAY_S or expires - issued > ACCESS_LIFETIME.total_seconds():
        raise TokenInvalid()
    if expires <= now - LEEWAY_S:
        raise TokenExpired()
    return verified


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def refresh_hash(token: str) -> bytes:
    """A plain hash is enough: the token has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()

"""Signed addresses of the local storage: whoever holds one may do the one thing it names until it expires.

They carry no token, because an <img> cannot send one, and so that a phone treats them like those of an object storage.
"""

from datetime import datetime
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from backend.files.errors import LinkExpired, LinkInvalid

Method = Literal["GET", "PUT"]
"""A PUT names `upload` or `part-3` as its variant, a GET the last part of the stored key."""


def content_url(method: Method, attachment_id: UUID, variant: str, *, expires_at: datetime) -> str:
    expires = int(expires_at.timestamp())
    signature = _signer().signature(_claim(method, attachment_id, variant, expires))
    query = urlencode({"variant": variant, "expires": expires, "signature": signature})
    return f"{settings.PUBLIC_URL}/api/v1/files/{attachment_id}/content?{query}"


def check(method: str, attachment_id: UUID | str, variant: str, *, expires: int, signature: str, at: datetime) -> None:
    """Raises LinkInvalid or, for a genuine one, LinkExpired. Asks no database, so that nobody can probe for ids."""
    try:
        _signer().unsign(f"{_claim(method, attachment_id, variant, expires)}:{signature}")
    except BadSignature as exc:
        raise LinkInvalid() from exc
    if expires <= at.timestamp():
        raise LinkExpired()


def _signer() -> Signer:
    return Signer(salt="backend.files.links")


def _claim(method: str, attachment_id: UUID | str, variant: str, expires: int) -> str:
    return f"{method}:{attachment_id}:{variant}:{expires}"

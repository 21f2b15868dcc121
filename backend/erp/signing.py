"""Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and raw body; the same scheme both ways."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from secrets import token_bytes

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from backend.core.errors import Unauthenticated
from backend.core.text import bilingual
from backend.erp.models import ErpSystem

TOLERANCE_S = 300
"""How old or new a message may be; fixed by the scheme. Within it the stored message id tells a replay."""
SECRET_BYTES = 32


class BadSignature(Unauthenticated):
    """The same for an unknown system, a wrong secret, a changed body and a message out of time."""

    code = "invalid_signature"
    message = bilingual("签名无效或已过期。", "The signature is not valid or has expired.")


def new_secret() -> str:
    return "whsec_" + b64encode(token_bytes(SECRET_BYTES)).decode()


def verified(system: ErpSystem | None, *, headers: Mapping[str, str], body: bytes) -> ErpSystem:
    """The system whose live secret signed exactly these bytes just now. Raises BadSignature."""
    if system is None or not any(_signed(secret, headers, body) for secret in system.live_secrets):
        raise BadSignature()
    return system


def signature(system: ErpSystem, *, message_id: str, at: datetime, body: str) -> str:
    """By each live secret, so that the receiver may change over in his own time."""
    return " ".join(Webhook(secret).sign(message_id, at, body) for secret in system.live_secrets)


def _signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: what is not text, base64 or a list of signatures
        return False
    return True

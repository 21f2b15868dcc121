"""One code, one question to the platform: whoever brings a code first asks, all after him wait for the answer."""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from backend.core.errors import Unauthenticated, Unavailable
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.wechat import patience
from backend.wechat.models import App, LoginCode
from backend.wechat.oauth import StateRefused

SAME_ANSWER_FOR = timedelta(seconds=60)
KEPT_FOR = timedelta(days=1)
"""The platform's own codes live five minutes."""
PATIENCE_S = 8.0
POLL_S = 0.05
Status = LoginCode.Status


class CodeRefused(Unauthenticated):
    code = "code_refused"
    message = bilingual("授权码已使用或已过期，请重新授权。", "This code was used or has expired. Authorise again.")


class LoginUnanswered(Unavailable):
    """The code may have been used up all the same: the client gets a new one rather than sending it again."""

    code = "login_unanswered"
    message = bilingual("微信暂时没有应答，请稍后重新授权。", "WeChat does not answer. Authorise again shortly.")


@dataclass(frozen=True, slots=True)
class Claimed:
    row: LoginCode
    is_first: bool
    """Whether the caller is to ask the platform."""


@transaction.atomic
def claim(*, app: App, door: str, code: str, state: str, device_id: str, at: datetime) -> Claimed:
    """Take a code for this device, or find that it has been. `state` is empty where the door has none.

    Raises CodeRefused for a code of another device or of more than a minute ago, StateRefused for a state already
    used with another code.
    """
    code_hash, state_hash = _hash(door, str(app.pk), code), _hash("state", state) if state else None
    fresh = LoginCode(
        company_id=app.company_id,
        app=app,
        code_hash=code_hash,
        state_hash=state_hash,
        device_id=device_id,
        created_at=at,
    )
    try:
        with transaction.atomic():
            fresh.save(force_insert=True)
        return Claimed(fresh, is_first=True)
    except IntegrityError:
        row = LoginCode.objects.filter(code_hash=code_hash).first()
    if row is None or (bytes(row.state_hash) if row.state_hash else None) != state_hash:
        raise StateRefused()
    if row.device_id != device_id or row.created_at + SAME_ANSWER_FOR <= at:
        raise CodeRefused()
    return Claimed(row, is_first=False)


@transaction.atomic
def settle(*, row: LoginCode, subject: str = "", failure: str = "") -> None:
    """What the platform has said, for everybody who waits."""
    row.status, row.subject, row.failure = Status.FAILED if failure else Status.KNOWN, subject, failure
    row.save(update_fields=["status", "subject", "failure"])


@commits_in_steps("it only reads, again and again")
def await_answer(*, row: LoginCode) -> LoginCode:
    """Raises LoginUnanswered where whoever asks has not been answered within PATIENCE_S, or has died."""
    until = time.monotonic() + patience.left(PATIENCE_S)
    while row.status == Status.ASKING:
        if time.monotonic() > until:
            raise LoginUnanswered(retry_after_s=2)
        time.sleep(POLL_S)
        row.refresh_from_db()
    return row


@transaction.atomic
def forget_old(*, at: datetime) -> int:
    return LoginCode.objects.filter(created_at__lt=at - KEPT_FOR).delete()[0]


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode()).digest()

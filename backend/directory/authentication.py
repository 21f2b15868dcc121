"""From an access token to an Actor, without a query on most requests.

A process remembers what it verified. Revocations are rows; each process reads the recent ones at most once in
`settings.REVOCATION_CHECK_S` seconds and forgets what they name, so a revoked session ends everywhere within that time.
Rows are re-read over a look-back longer than any transaction may last, because a plain "newer than the last id" would
miss one that commits late.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Unauthenticated
from backend.core.text import bilingual
from backend.directory import tokens
from backend.directory.models import Revocation
from backend.directory.selectors import actor_of_session

LOOK_BACK = timedelta(seconds=90)
REMEMBERED = 20_000
RIGHTS_LIFETIME_S = 60
"""Rights are read again after this even without a revocation, so that no missed notice can last."""


class SessionEnded(Unauthenticated):
    code = "session_revoked"
    message = bilingual("登录已失效，请重新登录。", "This session has ended. Sign in again.")


@dataclass(slots=True)
class _Verified:
    claims: tokens.Claims
    actor: Actor
    until: float


class Authenticator:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._verified: OrderedDict[str, _Verified] = OrderedDict()
        self._seen_revocations: dict[int, datetime] = {}
        self._checked_at = float("-inf")
        self._generation = 0

    def actor_for_token(self, token: str) -> Actor:
        """Raises TokenInvalid, TokenExpired or SessionEnded."""
        self._forget_revoked()
        now = clock.now()
        known = self._verified.get(token)
        if known is not None and known.until > now.timestamp():
            return known.actor
        generation = self._generation
        claims = tokens.verify_access(token, at=now)
        actor = _load(claims, at=now)
        with self._lock:
            if generation != self._generation:
                return actor  # a revocation came in between and may have been about this very token
            until = min(claims.expires_at, now.timestamp() + RIGHTS_LIFETIME_S)
            self._verified[token] = _Verified(claims, actor, until)
            self._verified.move_to_end(token)
            while len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)
        return actor

    def clear(self) -> None:
        with self._lock:
            self._verified.clear()
            self._seen_revocations.clear()
            self._checked_at = float("-inf")

    def _forget_revoked(self) -> None:
        if time.monotonic() - self._checked_at < settings.REVOCATION_CHECK_S:
            return
        since = clock.now() - LOOK_BACK
        recent = list(
            Revocation.objects.filter(at__gte=since).values_list("id", "employee_id", "session_id", "at", "company_id")
        )
        with self._lock:
            self._checked_at = time.monotonic()
            self._seen_revocations = {pk: at for pk, at in self._seen_revocations.items() if at >= since}
            fresh = [row for row in recent if row[0] not in self._seen_revocations]
            if not fresh:
                return
            self._generation += 1
            self._seen_revocations.update({row[0]: row[3] for row in fresh})
            sessions: set[UUID] = {row[2] for row in fresh if row[2] is not None}
            people: set[UUID] = {row[1] for row in fresh if row[2] is None and row[1] is not None}
            companies: set[UUID] = {row[4] for row in fresh if row[1] is None}
            for token, known in list(self._verified.items()):
                claims = known.claims
                gone = claims.session_id in sessions or claims.employee_id in people
                if gone or claims.company_id in companies:
                    del self._verified[token]


def _load(claims: tokens.Claims, *, at: datetime) -> Actor:
    actor = actor_of_session(
        session_id=claims.session_id, employee_id=claims.employee_id, company_id=claims.company_id, at=at
    )
    if actor is None:
        raise SessionEnded()
    return actor


authenticator = Authenticator()

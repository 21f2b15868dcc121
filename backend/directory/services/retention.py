"""What is kept of signing in and of imported files, and for how long."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session as AdminSession
from django.db.models import Q, QuerySet

from backend.core.forgetting import forget
from backend.core.transactions import commits_in_steps
from backend.directory import tokens
from backend.directory.models import (
    Device,
    DirectoryImport,
    LoginRecord,
    PendingSignIn,
    RefreshToken,
    Revocation,
    Session,
    Throttle,
)

LOGIN_LOG = timedelta(days=190)
"""Network logs are kept for six months at least: 网络安全法 (Cybersecurity Law), article 21 (3)."""
ENDED_SESSION = LOGIN_LOG
"""As long as the log that speaks of it."""
UNUSED_DEVICE = timedelta(days=190)
IMPORT = timedelta(days=30)
"""Files and previews hold what everybody is called and how he is reached; what an import did is in the events."""
SHORT = timedelta(days=1)
"""Longer than anything that still asks for it."""


@commits_in_steps("each portion for itself, so that no transaction grows long")
def forget_old(*, at: datetime) -> int:
    """Delete what is past its time, in every company; how many rows that were. Repeatable, and safe to interrupt."""
    unused = Q(last_signed_in_at__lt=at - UNUSED_DEVICE) | Q(last_signed_in_at=None, created_at__lt=at - UNUSED_DEVICE)
    aged = Q(created_at__lt=at - tokens.REFRESH_LIFETIME)
    ended = Q(session__revoked_at__lt=at - SHORT) | Q(session__expires_at__lt=at - SHORT)
    long_ended = Q(revoked_at__lt=at - ENDED_SESSION) | Q(expires_at__lt=at - ENDED_SESSION)
    old: list[QuerySet[Any]] = [
        LoginRecord.objects.filter(at__lt=at - LOGIN_LOG),
        RefreshToken.objects.filter(aged | ended),
        Revocation.objects.filter(at__lt=at - SHORT),
        PendingSignIn.objects.filter(expires_at__lt=at - SHORT),
        Session.objects.filter(long_ended),
        Device.objects.filter(unused),
        Throttle.objects.filter(last_failure_at__lt=at - SHORT),
        DirectoryImport.objects.filter(created_at__lt=at - IMPORT),
        AdminSession.objects.filter(expire_date__lt=at),
    ]
    return sum(forget(rows) for rows in old)

"""What is kept of signing in, and for how long."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from backend.core.transactions import commits_in_steps
from backend.directory import tokens
from backend.directory.models import Device, LoginRecord, PendingSignIn, RefreshToken, Revocation, Throttle

LOGIN_LOG = timedelta(days=190)
"""Network logs are kept for six months at least: 网络安全法 (Cybersecurity Law), article 21 (3)."""
UNUSED_DEVICE = timedelta(days=190)
SHORT = timedelta(days=1)
"""Longer than anything that still asks for it."""
AT_ONCE = 5_000


@commits_in_steps("each portion for itself, so that no transaction grows long")
def forget_old(*, at: datetime) -> int:
    """Delete what is past its time, in every company; how many rows that were. Repeatable, and safe to interrupt."""
    unused = Q(last_signed_in_at__lt=at - UNUSED_DEVICE) | Q(last_signed_in_at=None, created_at__lt=at - UNUSED_DEVICE)
    aged = Q(created_at__lt=at - tokens.REFRESH_LIFETIME)
    ended = Q(session__revoked_at__lt=at - SHORT) | Q(session__expires_at__lt=at - SHORT)
    old: list[QuerySet[Model]] = [
        LoginRecord.objects.filter(at__lt=at - LOGIN_LOG),  # type: ignore[list-item]  # QuerySet is invariant
        RefreshToken.objects.filter(aged | ended),  # type: ignore[list-item]
        Revocation.objects.filter(at__lt=at - SHORT),  # type: ignore[list-item]
        PendingSignIn.objects.filter(expires_at__lt=at - SHORT),  # type: ignore[list-item]
        Device.objects.filter(unused),  # type: ignore[list-item]
        Throttle.objects.filter(last_failure_at__lt=at - SHORT),  # type: ignore[list-item]
    ]
    return sum(_delete(rows) for rows in old)


def _delete(rows: QuerySet[Model]) -> int:
    total = 0
    while some := _delete_some(rows):
        total += some
    return total


@transaction.atomic
def _delete_some(rows: QuerySet[Model]) -> int:
    found = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return rows.model._default_manager.filter(pk__in=found).delete()[0] if found else 0

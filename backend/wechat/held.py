"""What is held of the platform for some time, token or ticket: one row for all processes, renewed by one at a time."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from backend.core import clock, secrets
from backend.wechat import circuit, transport
from backend.wechat.errors import Configuration
from backend.wechat.locks import alone
from backend.wechat.models import App, PlatformToken

MARGIN = timedelta(minutes=5)
"""It is given up so long before its end, or a quarter of its life before, whichever is shorter."""
REFUSED_PAUSE = timedelta(minutes=10)

Fetch = Callable[[], tuple[str, int]]
"""Asks the platform; the value and its life in seconds."""


def current(app: App, purpose: str, fetch: Fetch) -> str:
    """A value with some minutes to live, fetched where there is none.

    Must not be called inside a transaction (RuntimeError), because it may call the network. Raises Transient,
    or Configuration when the platform does not accept the app.
    """
    return _usable(_row(app, purpose), refused="") or replacement(app, purpose, fetch, refused="")


def replacement(app: App, purpose: str, fetch: Fetch, *, refused: str) -> str:
    """Another value than the one the platform has just refused; as `current` otherwise.

    Of many threads and processes that come with the same refused value only one calls the platform. Where a person
    waits, PlatformUnavailable while the platform is silent.
    """
    with circuit.admitted(transport.base_of(app)), alone(f"{purpose}:{app.pk}"):
        row = _row(app, purpose)
        if value := _usable(row, refused=refused):
            return value
        if row and row.refused_until and clock.now() < row.refused_until:
            raise Configuration(row.refusal)
        try:
            value, seconds = fetch()
        except Configuration as exc:
            _store(app, purpose, refused_until=clock.now() + REFUSED_PAUSE, refusal=str(exc)[:255])
            raise
        life = timedelta(seconds=seconds)
        expires_at = clock.now() + life - min(MARGIN, life / 4)
        _store(app, purpose, token_encrypted=secrets.encrypted(value), expires_at=expires_at)
        return value


def _usable(row: PlatformToken | None, *, refused: str) -> str:
    """The stored value, or nothing where there is none, it is due, or it is the refused one."""
    if row is None or row.expires_at is None or row.expires_at <= clock.now():
        return ""
    try:
        token = row.token
    except secrets.Unreadable:
        return ""
    return token if token != refused else ""


def _row(app: App, purpose: str) -> PlatformToken | None:
    with transaction.atomic(durable=True):  # durable: refuses to run inside a caller's transaction
        return PlatformToken.objects.filter(app=app, purpose=purpose).first()


def _store(app: App, purpose: str, **values: object) -> None:
    blank = {"token_encrypted": "", "expires_at": None, "refused_until": None, "refusal": ""}
    defaults = {"company_id": app.company_id, **blank, **values}
    with transaction.atomic(durable=True):
        PlatformToken.objects.update_or_create(app=app, purpose=purpose, defaults=defaults)

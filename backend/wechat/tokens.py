"""The access token of each app: one row for all processes, renewed by one at a time (document path 91039).

Behind a connection pooler this needs session pooling: the advisory lock belongs to a database session.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction

from backend.core import clock, secrets
from backend.wechat import transport
from backend.wechat.errors import Configuration, Transient
from backend.wechat.models import App, PlatformToken

MARGIN = timedelta(minutes=5)
"""A token is given up so long before its end, or a quarter of its life before, whichever is shorter."""
REFUSED_PAUSE = timedelta(minutes=10)
MAX_TOKEN_LENGTH = 512
LOCK_WAIT_S = 15
LOCK_SPACE = 0x57434F4D
"""First half of the advisory lock's key: "WCOM"."""

_locks: dict[int, threading.Lock] = {}


def current(app: App) -> str:
    """A token with some minutes to live, fetched where there is none.

    Must not be called inside a transaction (RuntimeError), because it may call the network. Raises Transient,
    or Configuration when the platform does not accept the secret.
    """
    return _usable(_row(app), refused="") or _renewed(app, refused="")


def replacement(app: App, *, refused: str) -> str:
    """Another token than the one the platform has just refused; as `current` otherwise.

    Of many threads and processes that come with the same refused token only one calls the platform.
    """
    return _renewed(app, refused=refused)


def secret_of(app: App) -> str:
    """Raises Configuration where it cannot be decrypted any more."""
    try:
        return app.secret
    except secrets.Unreadable as exc:
        raise Configuration(f"the secret of {app} cannot be read: {exc}") from None


def _renewed(app: App, *, refused: str) -> str:
    with _alone(app):
        row = _row(app)
        if token := _usable(row, refused=refused):
            return token
        if row and row.refused_until and clock.now() < row.refused_until:
            raise Configuration(row.refusal)
        return _fetched(app, refused=refused)


def _fetched(app: App, *, refused: str) -> str:
    secret = secret_of(app)
    try:
        token, seconds = _asked(app, secret, refused)
    except Configuration as exc:
        _store(app, refused_until=clock.now() + REFUSED_PAUSE, refusal=str(exc)[:255])
        raise
    life = timedelta(seconds=seconds)
    _store(app, token_encrypted=secrets.encrypted(token), expires_at=clock.now() + life - min(MARGIN, life / 4))
    return token


def _asked(app: App, secret: str, refused: str) -> tuple[str, int]:
    """A token of the platform and its life in seconds.

    `stable_token` gives the same token until shortly before its end; when that is the refused one it is told, once, to
    make another. It allows that twenty times a day, at least thirty seconds apart.
    """
    if app.is_wecom:
        params = {"corpid": app.platform_id, "corpsecret": secret}
        return _token_in(transport.call("GET", "cgi-bin/gettoken", base=transport.WECOM, params=params), "gettoken")
    for is_forced in (False, True):
        wanted = {"grant_type": "client_credential", "appid": app.platform_id, "secret": secret}
        body = json.dumps(wanted | {"force_refresh": is_forced}).encode()
        path = "cgi-bin/stable_token"
        answer = transport.call("POST", path, base=transport.WECHAT, params={}, body=body, hide=[secret])
        token, seconds = _token_in(answer, path)
        if token != refused:
            return token, seconds
    raise Configuration(f"{path}: a token just made anew is the refused one")


def _token_in(answer: dict[str, Any], path: str) -> tuple[str, int]:
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN_LENGTH or type(seconds) is not int:
        raise Transient(f"{path}: the answer holds no token")
    return token, seconds


def _usable(row: PlatformToken | None, *, refused: str) -> str:
    """The stored token, or nothing where there is none, it is due, or it is the refused one."""
    if row is None or row.expires_at is None or row.expires_at <= clock.now():
        return ""
    try:
        token = row.token
    except secrets.Unreadable:
        return ""
    return token if token != refused else ""


def _row(app: App) -> PlatformToken | None:
    with transaction.atomic(durable=True):  # durable: refuses to run inside a caller's transaction
        return PlatformToken.objects.filter(app=app).first()


def _store(app: App, **values: object) -> None:
    blank = {"token_encrypted": "", "expires_at": None, "refused_until": None, "refusal": ""}
    defaults = {"company_id": app.company_id, **blank, **values}
    with transaction.atomic(durable=True):
        PlatformToken.objects.update_or_create(app=app, defaults=defaults)


@contextmanager
def _alone(app: App) -> Iterator[None]:
    """Hold this app's lock in the process and in the database, with no transaction open. Raises Transient.

    The lock of the process comes first so that its threads do not each block a database connection.
    """
    lock = _locks.setdefault(app.pk, threading.Lock())
    if not lock.acquire(timeout=LOCK_WAIT_S):
        raise Transient("another thread is still fetching the token")
    try:
        with _database_lock(app.pk % 2**31):
            yield
    finally:
        lock.release()


@contextmanager
def _database_lock(number: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [LOCK_SPACE, number])
        except DatabaseError as exc:  # statement_timeout, while another process fetches
            raise Transient("another process is still fetching the token") from exc
        try:
            yield
        finally:
            _unlock(number)


def _unlock(number: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", [LOCK_SPACE, number])
    except DatabaseError:
        connection.close()  # ends the session, and with it the lock

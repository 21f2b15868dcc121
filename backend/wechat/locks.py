"""One at a time across threads and processes, with no transaction open: Redis where there is one, else PostgreSQL.

Behind a connection pooler the lock of PostgreSQL needs session pooling: it belongs to a database session.
"""

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from backend.wechat import patience
from backend.wechat.errors import Transient

logger = logging.getLogger(__name__)
WAIT_S = 15
LEASE_S = 20
"""Longer than a call of the platform may take. Were it too short, a second token would be fetched, and no harm done."""
POLL_S = 0.05
REDIS_S = 2
PREFIX = "waiqin:wechat:"
LOCK = "SELECT set_config('lock_timeout', %s, true), pg_advisory_lock(%s::bigint)"
"""The time-out is of this statement's own transaction; the lock is of the database session."""

_locks: dict[str, threading.Lock] = {}


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the lock of this name in the process and between processes. Raises Transient when others hold it too long.

    The lock of the process comes first so that its threads do not each block a database connection. A Redis that
    does not answer is done without: then the lock of the database keeps the others out.
    """
    lock = _locks.setdefault(name, threading.Lock())
    if not lock.acquire(timeout=patience.left(WAIT_S)):
        raise Transient(f"another thread is still fetching {name}")
    try:
        shared = _redis_lock(name)
        if shared is None:
            with _database_lock(name):
                yield
            return
        try:
            yield
        finally:
            _give_back(shared)
    finally:
        lock.release()


def _redis_lock(name: str) -> Lock | None:
    """The held lock, or None where there is no Redis to hold it."""
    if not settings.REDIS_URL:
        return None
    client = _client(settings.REDIS_URL)
    lock: Lock = client.lock(f"{PREFIX}{name}", timeout=LEASE_S, blocking_timeout=patience.left(WAIT_S), sleep=POLL_S)
    try:
        is_held = lock.acquire()
    except RedisError as exc:
        logger.warning("Redis does not answer (%s): PostgreSQL keeps the lock", type(exc).__name__)
        return None
    if not is_held:
        raise Transient(f"another process is still fetching {name}")
    return lock


def _give_back(lock: Lock) -> None:
    try:
        lock.release()
    except (LockError, RedisError) as exc:  # its lease ended, or will
        logger.warning("a lock was not given back: %s", type(exc).__name__)


@lru_cache(maxsize=2)
def _client(url: str) -> redis.Redis:
    """Safe between threads, and after a fork: its pool opens connections of its own there."""
    return redis.Redis.from_url(url, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S)


def key_of(name: str) -> int:
    """The advisory lock's number, 64 bits of a hash."""
    return int.from_bytes(hashlib.sha256(f"{PREFIX}{name}".encode()).digest()[:8], signed=True)


@contextmanager
def _database_lock(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        try:
            cursor.execute(LOCK, [str(max(1, int(patience.left(WAIT_S) * 1000))), key_of(name)])
        except DatabaseError as exc:  # lock_timeout, while another process fetches
            raise Transient(f"another process is still fetching {name}") from exc
        try:
            yield
        finally:
            _unlock(name)


def _unlock(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", [key_of(name)])
    except DatabaseError:
        connection.close()  # ends the session, and with it the lock

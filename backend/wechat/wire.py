"""Connections that end in time, whatever the other side does.

The time-outs of requests are for each address of a host and for each packet: a dead host of five addresses takes five
of them, and who sends a byte now and then is listened to for ever.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

AGAIN_S = 0.05
_local = threading.local()


def session() -> requests.Session:
    """One per thread, as requests promises no more; and per process, as a fork would share the sockets."""
    if getattr(_local, "pid", None) != os.getpid():
        _local.pid = os.getpid()
        _local.session = requests.Session()
        _local.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            _local.session.mount(scheme, _Adapter())
    found: requests.Session = _local.session
    return found


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """What this thread's session does inside is cut off then: requests.Timeout. Looking a name up is the one thing that
    cannot be, and has the time-outs of the system's resolver."""
    held = _local.held = _Held()
    watch = threading.Thread(target=held.cut_after, args=(seconds,), daemon=True)
    watch.start()
    try:
        yield
    except requests.RequestException:
        if held.is_cut:
            raise requests.Timeout("cut off") from None
        raise
    finally:
        _local.held = None
        held.let_go()
    if held.is_cut:  # a body that ends with its connection looked complete
        raise requests.Timeout("cut off")


class _Held:
    """A second handle on the socket in use: urllib3 gives the first away while the body is still read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._socket: socket.socket | None = None
        self.is_cut = False

    def take(self, sock: socket.socket) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def let_go(self) -> None:
        self._done.set()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def cut_after(self, seconds: float) -> None:
        wait = seconds
        while not self._done.wait(wait):  # and again, for one that is connected only now
            wait = AGAIN_S
            with self._lock:
                if self._done.is_set():
                    return
                self.is_cut = True
                if self._socket is not None:
                    with suppress(OSError):
                        self._socket.shutdown(socket.SHUT_RDWR)


class _Bounded:
    """Mixed into urllib3's connections: shows its socket, and has one time-out for all addresses of the host."""

    sock: Any

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _show(self.sock)
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        sock = self._connected()
        _show(sock)
        return sock

    def _connected(self: Any) -> socket.socket:
        """Each address but the last gets half of the time that is left."""
        until, failure = time.monotonic() + self.timeout, OSError("no address")
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, 0, socket.SOCK_STREAM)
        except socket.gaierror as exc:
            raise NameResolutionError(self.host, self, exc) from exc
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        for position, address in enumerate(addresses, start=1):
            left = until - time.monotonic()
            try:
                if left <= 0:
                    raise TimeoutError
                seconds = left if position == len(addresses) else left / 2
                return create_connection((address, self.port), seconds, socket_options=self.socket_options)
            except OSError as exc:
                failure = exc
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "timed out") from failure
        raise NewConnectionError(self, "no connection") from failure


class _Http(_Bounded, HTTPConnection):
    pass


class _Https(_Bounded, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http  # type: ignore[assignment]


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https  # type: ignore[assignment]


POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


def _show(sock: socket.socket) -> None:
    held: _Held | None = getattr(_local, "held", None)
    if held is not None:
        held.take(sock)

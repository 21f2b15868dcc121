"""The bench's own database server, and the databases on it: filled once, copied for each run."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from backend.embedded import postgres
from infra.bench.filling.sizes import Sizes

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / ".run" / "bench"
HOME = ROOT / ".run" / "postgres-bench"
"""Beside the other servers' folders, where `make clean` looks for them."""
SHARED_BUFFERS = "4GB"
SECRET = "the-bench-signs-its-own-tokens-with-this"


def url(server: postgres.Server, name: str) -> str:
    return psycopg.conninfo.make_conninfo(host=server.host, port=server.port, user=server.user, dbname=name)


def environment(server: postgres.Server, name: str) -> dict[str, str]:
    """As in production; nothing asks for the broker or WeCom, since neither worker nor dispatcher runs."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "ENVIRONMENT": "production",
        "DEBUG": "0",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": url(server, name),
        "BROKER_URL": "amqp://127.0.0.1:1",
        "PERSON_RATE": "1000000",  # the limiter works as always and never says no
        "ADDRESS_RATE": "1000000",
        "WECOM_API_BASE": "https://qyapi.weixin.qq.com",
        "WECHAT_API_BASE": "https://api.weixin.qq.com",
        "WECHAT_OAUTH_BASE": "https://open.weixin.qq.com",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "RUN_DIR": str(RUN),
    }


@contextlib.contextmanager
def connected(server: postgres.Server, name: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url(server, name), autocommit=True) as connection:
        yield connection


def start() -> postgres.Server:
    """With room for the log of what filling writes, which checkpoints would otherwise interrupt all the time, and with
    memory as docs/operations.md advises: PostgreSQL's own default is meant to start anywhere."""
    server = postgres.ensure(HOME)
    execute(server, "postgres", "ALTER SYSTEM SET max_wal_size = '6GB'")
    execute(server, "postgres", f"ALTER SYSTEM SET shared_buffers = '{SHARED_BUFFERS}'")
    execute(server, "postgres", "SELECT pg_reload_conf()")
    with connected(server) as connection:
        has = connection.execute("SHOW shared_buffers").fetchone()
    if has != (SHARED_BUFFERS,):
        postgres.release(server)
        server = postgres.ensure(HOME)
    return server


def begin_to_fill(server: postgres.Server, name: str, sizes: Sizes) -> subprocess.Popen[bytes] | None:
    """None if it was filled with these sizes by the same code."""
    with connected(server) as connection:
        made_of = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if made_of == (_fingerprint(sizes),):
            return None
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    postgres.create_database(server, name)
    command = [sys.executable, "-m", "infra.bench.filling", json.dumps(asdict(sizes))]
    return subprocess.Popen(command, cwd=ROOT, env=environment(server, name))


def keep(server: postgres.Server, name: str, sizes: Sizes) -> None:
    """From now on it counts as filled."""
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
    with connected(server) as connection:
        connection.execute(comment.format(sql.Identifier(name), sql.Literal(_fingerprint(sizes))))


def _fingerprint(sizes: Sizes) -> str:
    code = [*ROOT.glob("infra/bench/filling/*.py"), *ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/*/migrations/*.py")]
    parts = [path.read_bytes() for path in sorted(code)]
    return hashlib.sha256(b"\0".join([*parts, repr(sizes).encode()])).hexdigest()


def copy(server: postgres.Server, source: str, target: str) -> None:
    """A database to write in, the same at the beginning of every run."""
    with connected(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(target)))
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(create.format(sql.Identifier(target), sql.Identifier(source)))


def execute(server: postgres.Server, name: str, statement: str) -> None:
    with connected(server, name) as connection:
        connection.execute(statement)


def postmaster() -> psutil.Process:
    return psutil.Process(int((HOME / "data" / "postmaster.pid").read_text().split("\n", 1)[0]))


def restart(server: postgres.Server) -> tuple[float, float]:
    """As `pg_ctl restart -m fast` does; when it began and when the server took connections again (monotonic)."""
    began = time.monotonic()
    process = postmaster()
    process.send_signal(signal.SIGINT)
    process.wait()
    postgres.ensure(HOME)
    return began, time.monotonic()

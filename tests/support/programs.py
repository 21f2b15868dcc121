"""Our own programs as they run in production, on the database of the test."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psycopg
from django.db import connection

from tests.support.processes import Program, eventually, free_port

_open = build_opener(ProxyHandler({})).open
GRANIAN = (str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--workers", "2")


def database_url() -> str:
    ours = connection.settings_dict
    given = {"host": ours["HOST"], "port": ours["PORT"], "user": ours["USER"], "password": ours["PASSWORD"]}
    return psycopg.conninfo.make_conninfo(**{key: value for key, value in given.items() if value}, dbname=ours["NAME"])


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": "",
        "RUN_DIR": str(home),
        **more,
    }


@contextmanager
def web_server(home: Path, **more: str) -> Iterator[tuple[Program, str]]:
    """Two processes of four threads, and where they listen, until the block ends."""
    port = free_port()
    options = [
        "--port",
        str(port),
        "--blocking-threads",
        "4",
        "--backlog",
        "512",
        "--no-ws",
        "backend.wsgi:application",
    ]
    program = Program(*GRANIAN, *options, env=environment(home, **more), log=home / "web.log")

    def is_ready() -> bool:
        assert program.is_alive, program.log.read_text()[-3000:]
        try:
            with _open(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
                return bool(reply.status == 200)
        except (OSError, HTTPException):
            return False

    try:
        eventually(is_ready, what="the web server")
        yield program, f"http://127.0.0.1:{port}"
    finally:
        program.kill()

"""The whole product as `make demo` starts it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from infra.demo.paths import ROOT
from infra.main_job.transcript import until

READY_WITHIN_S = 300
_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True)
class Demo:
    url: str
    run_dir: Path
    environment: dict[str, str]


@contextmanager
def running_demo(run_dir: Path) -> Iterator[Demo]:
    """A demo of its own on free ports: database, broker files and media in a folder that did not exist."""
    port = _free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "USER") if name in os.environ}
    environment = {**kept, "RUN_DIR": str(run_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    log = run_dir / "demo.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.supervisor"], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is not None or _answers(f"{url}/readyz"), bool, seconds=READY_WITHIN_S)
        assert _answers(f"{url}/readyz"), log.read_text()[-5000:]
        yield Demo(url, run_dir, environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with _open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False

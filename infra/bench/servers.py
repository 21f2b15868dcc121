"""The servers under test and what they cost."""

import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from infra.bench.databases import ROOT, RUN

GRANIAN = (
    *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1"),
    *("--workers", "2", "--blocking-threads", "2", "--backlog", "512", "--no-ws"),
)
START_LIMIT_S = 60.0


class WebServer:
    """A granian of two workers; it logs to `.run/bench/<name>.log`."""

    def __init__(self, name: str, application: str, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = RUN / f"{name}.log"
        with self.log.open("w") as log:
            self.process = psutil.Popen(
                [*GRANIAN, "--port", str(self.port), application], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def await_ready(self) -> None:
        """Raises RuntimeError with the end of the log."""
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise RuntimeError(f"{self.log} says:\n" + "\n".join(self.log.read_text().splitlines()[-20:]))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except psutil.TimeoutExpired:
            for process in [*self.process.children(recursive=True), self.process]:
                process.kill()
            self.process.wait()


def cpu_seconds(*roots: psutil.Process) -> float:
    """User and system time of these processes and their descendants, ended ones included."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total

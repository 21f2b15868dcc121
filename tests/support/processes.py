"""Programs of their own, as they run in production: started, watched, and killed without a warning."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60.0
"""A wait that takes this long has failed; on an idle machine each ends within seconds."""


def eventually(condition: Callable[[], Any], *, what: str) -> Any:
    """The first true answer of `condition`."""
    deadline = time.monotonic() + DEADLINE_S
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """One program and whatever it forks, in a process group of its own; what it prints goes to a file."""

    def __init__(self, *command: str, env: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        self.pid = self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def said(self, words: str) -> int:
        """How often it has printed these words."""
        return self.log.read_text(errors="replace").count(words)

    def wait_for(self, words: str, *, times: int = 1) -> None:
        def has_said() -> bool:
            assert self.is_alive, f"{self._process.args} ended:\n{self.log.read_text(errors='replace')[-3000:]}"
            return self.said(words) >= times

        eventually(has_said, what=f"{words!r} in {self.log}")

    def kill(self) -> None:
        """kill -9, for all of the group at once. Twice is once."""
        if self.is_alive:
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

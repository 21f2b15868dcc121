"""The process that runs one embedded PostgreSQL server and stops it when the last user is gone.

Started by postgres.py as a script of its own (`python -P keeper.py '<order as JSON>'`), with keeper.lock held
on an inherited descriptor. Imports nothing of the project.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

STOP_LIMIT = 30.0  # seconds for a fast shutdown; then an immediate one, which recovers at the next start
STABLE = 10.0  # a server that ran so many seconds has started well
ATTEMPTS = 6
ADOPTED_POLL = 0.1


class Keeper:
    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.data = Path(order["data"])
        self.guard = threading.Lock()
        self.process: psutil.Process
        self.unused = False
        self.ended = threading.Event()

    def run(self) -> None:
        """Returns when the server was stopped on purpose, or does not start."""
        self.start()
        threading.Thread(target=self.stop_when_unused, daemon=True).start()
        failures = 0
        while True:
            began = time.monotonic()
            orderly = self.wait()
            failures = 1 if time.monotonic() - began > STABLE else failures + 1
            if orderly or self.unused or failures == ATTEMPTS:
                break
            # Backends of a killed server need a moment to notice and to leave the shared memory.
            time.sleep(0.1 * failures)
            self.start()
        self.ended.set()
        with contextlib.suppress(OSError):
            os.rmdir(self.order["socket_dir"])

    def start(self) -> None:
        with self.guard:
            if not self.unused:
                self.process = running_postmaster(self.data) or self.launch()

    def launch(self) -> psutil.Popen:
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        account = self.order["account"]
        identity = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
        return psutil.Popen(
            self.order["command"], stdin=subprocess.DEVNULL, start_new_session=True, umask=0o077, **identity
        )

    def wait(self) -> bool:
        """Returns when the server has ended: whether it was shut down in order."""
        if isinstance(self.process, psutil.Popen):
            return bool(self.process.wait() == 0)
        # Not our child: no event tells of its end, and it may stay a zombie for long.
        while running_postmaster(self.data):
            time.sleep(ADOPTED_POLL)
        return not (self.data / "postmaster.pid").exists()

    def stop_when_unused(self) -> None:
        users = os.open(self.order["users_lock"], os.O_RDONLY)
        fcntl.flock(users, fcntl.LOCK_EX)  # kept to the end: new users wait until the server has stopped
        with self.guard:
            self.unused = True
        with contextlib.suppress(psutil.NoSuchProcess):
            self.process.send_signal(signal.SIGINT)
            if not self.ended.wait(STOP_LIMIT):
                self.process.send_signal(signal.SIGQUIT)


def running_postmaster(data: Path) -> psutil.Process | None:
    """The live server of this data folder, for instance one whose keeper was killed.

    PostgreSQL itself trusts a stale pid file if any process of the same account, even a dead one not yet
    reaped, now has that number, and then refuses to start.
    """
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process if str(data) in process.cmdline() else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # so that the keeper is nobody's child and is reaped by init
    Keeper(json.loads(sys.argv[1])).run()

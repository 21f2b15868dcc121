import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from backend.embedded import placement

ROOT = Path(__file__).resolve().parents[3]
USE = """
import os, sys
from pathlib import Path
from backend.embedded import postgres
server = postgres.ensure(Path(sys.argv[1]))
print(server.host, server.port, flush=True)
"""


class User:
    """A real process that calls `ensure` and then runs `then`, by default until its input is closed."""

    def __init__(self, home: Path, *, then: str = "sys.stdin.read()") -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE + then, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def postmaster(self) -> psutil.Process:
        """Waits until the server is there."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "the user ended without a server"
        return postmaster(self.home)

    def leave(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "data" / "postmaster.pid").read_text().split("\n", 1)[0]))


def wait_for_keeper(home: Path) -> None:
    """Returns when the keeper has ended, which it does after its server."""
    with (home / "keeper.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder every account can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="waiqin-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        placement.remove(folder / "postgres")
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """An initialised data folder; no server runs on it between tests."""
    with open_folder() as folder:
        yield folder / "postgres"


@pytest.fixture
def user(cluster: Path) -> Iterator[Callable[..., User]]:
    """Starts users of the cluster; afterwards all have left and the server has stopped."""
    users: list[User] = []

    def start(**options: str) -> User:
        users.append(User(cluster, **options))
        return users[-1]

    yield start
    for each in users:
        if each.process.poll() is None:
            each.kill()
    if (cluster / "keeper.lock").exists():
        wait_for_keeper(cluster)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root changes accounts")

"""Tencent's own npm package, installed by what package-lock.json pins, into `.run`: from the net once, then from there.

Everything else here needs Python alone. Where Node is not found these tests say so and are skipped, except where
`NEEDS_NODE` is set, as `.ci/run` does: there they fail.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RUN = HERE.parents[1] / ".run"
HOME, CACHE = RUN / "outside", RUN / "npm"
SOURCES = ("package.json", "package-lock.json", "crypto.js")
PATIENCE_S = 540
"""A registry may be slow."""
INSTALL = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", f"--cache={CACHE}"]


@pytest.fixture(scope="session")
def wecom_crypto() -> Callable[..., list[Any]]:
    """`wecom_crypto(["encrypt", key, text, id], …)`: what the package's functions return."""
    if missing := [program for program in ("node", "npm") if shutil.which(program) is None]:
        reason = f"needs Node 20 or later, and found no {' and no '.join(missing)}"
        pytest.fail(reason) if os.environ.get("NEEDS_NODE") else pytest.skip(reason)
    _install()

    def call(*calls: list[Any]) -> list[Any]:
        done = subprocess.run(
            ["node", "crypto.js"],
            cwd=HOME,
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout)

    return call


def _install() -> None:
    """Once for each content of the lock; of several workers one installs and the others find it done."""
    HOME.mkdir(parents=True, exist_ok=True)
    pinned = "".join((HERE / name).read_text() for name in SOURCES)
    done = HOME / "installed"
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists() and done.read_text() == pinned:
            return
        for name in SOURCES:
            shutil.copy(HERE / name, HOME)
        subprocess.run(INSTALL, cwd=HOME, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S)
        done.write_text(pinned)

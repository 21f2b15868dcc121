"""Tencent's own npm package, installed by what package-lock.json pins; a slow test installs it once."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules" / "@wecom" / "crypto" / "package.json"


@pytest.fixture(scope="session")
def wecom_crypto() -> Callable[..., list[Any]]:
    """`wecom_crypto(["encrypt", key, text, id], …)`: what the package's functions return."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node is not installed")
    with (HERE / "package-lock.json").open() as lock:  # one worker installs, the others find it done
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not INSTALLED.exists():
            subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"],
                cwd=HERE,
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=150,
            )

    def call(*calls: list[Any]) -> list[Any]:
        done = subprocess.run(
            ["node", "crypto.js"],
            cwd=HERE,
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return json.loads(done.stdout)

    return call

"""`make check`: every check that runs no test, side by side; a failing one shows its whole output."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from infra import lock

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]

CHECKS = {  # the slowest first
    # Afresh: the Django plugin's cache goes stale when only part of the tree was checked before.
    "mypy": [str(BIN / "mypy"), "--no-incremental"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "django": [*MANAGE, "check", "--fail-level", "WARNING"],
    "openapi": [*MANAGE, "export_openapi", "--check"],
    "docs": [*MANAGE, "check_docs"],
    "imports": [str(BIN / "lint-imports")],
    "ruff": [str(BIN / "ruff"), "check"],
    "format": [str(BIN / "ruff"), "format", "--check"],
}


class Result(NamedTuple):
    name: str
    seconds: float
    output: str | None  # None: passed


def run(name: str, command: list[str]) -> Result:
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    return Result(name, time.monotonic() - began, f"$ {' '.join(command)}\n{done.stdout}" if done.returncode else None)


def check_locks() -> Result:
    names = " ".join(f"requirements/{name}" for name in lock.outdated())
    told = f"{names} 与 pyproject.toml 不符，请执行 make lock / not made from this pyproject.toml: run make lock\n"
    return Result("locks", 0.0, told if names else None)


def main() -> int:
    failed = []
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        running = [pool.submit(check_locks), *(pool.submit(run, *check) for check in CHECKS.items())]
        for future in as_completed(running):
            result = future.result()
            print(
                f"{'通过 ok  ' if result.output is None else '失败 FAIL'}  {result.name} {result.seconds:.1f}s",
                flush=True,
            )
            if result.output is not None:
                failed.append(result)
    for result in failed:
        print(f"\n===== {result.name} =====\n{result.output}", flush=True)
    if failed:
        print(f"未通过 / failed: {', '.join(sorted(result.name for result in failed))}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())

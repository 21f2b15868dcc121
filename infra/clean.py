"""`make clean`. Standard library only: it deletes the environment that holds everything else."""

import fcntl
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED = [".venv", ".run", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis"]


def main() -> None:
    for users in (ROOT / ".run").glob("*/users.lock"):
        with users.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.exit(
                    f"还有进程在使用数据库 {users.parent.name}，请先停止它们（make demo、测试）\n"
                    f"Processes still use the database {users.parent.name}: stop them first (make demo, tests)"
                )
    for data in (ROOT / ".run").glob("*/data"):
        if data.is_symlink():  # backend/embedded/placement.py: the clone is closed to the server's account
            shutil.rmtree(data.resolve().parent, ignore_errors=True)
    for name in GENERATED:
        shutil.rmtree(ROOT / name, ignore_errors=True)
    for cache in ROOT.rglob("__pycache__"):
        if "node_modules" not in cache.parts:
            shutil.rmtree(cache, ignore_errors=True)


if __name__ == "__main__":
    main()

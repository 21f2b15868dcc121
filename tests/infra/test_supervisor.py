"""The supervisor with small stand-in programs: real processes, real signals."""

import fcntl
import json
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.supervisor import demo

ROOT = Path(__file__).resolve().parents[2]
DRIVER = """
import json, sys
from infra.supervisor.programs import Console, Program
from infra.supervisor.supervisor import Supervisor
table = [Program(**line) for line in json.loads(sys.argv[1])]
console = Console([program.name for program in table])
sys.exit(Supervisor(table, console, first_pause=0.01).run(lambda: console.show("ALL READY")))
"""
HOLD = "import fcntl, os, signal, sys, time; f = open({lock!r}); fcntl.flock(f, fcntl.LOCK_SH)\n"
BEGUN = "print('begun', os.getpid(), flush=True)\n"
PAUSE = "signal.pause()\n"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
# Forks first, so that a grandchild which never heard of SIGTERM is left behind when the child ends.
WITH_GRANDCHILD = "os.fork() or (signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.pause())\n"


class Run:
    """A supervisor in a process of its own. Its programs hold `lock`, so that their end can be awaited."""

    def __init__(self, folder: Path) -> None:
        self.lock = folder / "lock"
        self.lock.touch()
        self.lines: list[str] = []

    def code(self, body: str) -> list[str]:
        return [sys.executable, "-S", "-c", HOLD.format(lock=str(self.lock)) + body]

    def begin(self, *table: dict[str, object]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, json.dumps(table)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def until(self, text: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if text in line:
                return line
        raise AssertionError(f"{text!r} was not said:\n" + "\n".join(self.lines))

    def end(self, number: int) -> int:
        """Sends the signal, reads the rest of the output; the exit code."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> int:
        assert self.process.stdout is not None
        self.lines += self.process.stdout.read().splitlines()
        return self.process.wait()

    def all_have_ended(self) -> bool:
        with self.lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def wait_for_all(self) -> None:
        with self.lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started = Run(tmp_path)
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGTERM)


def positions(lines: list[str], *texts: str) -> list[int]:
    return [next(i for i, line in enumerate(lines) if text in line) for text in texts]


def test_programs_start_in_order_each_after_the_one_before_is_ready(run: Run, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run.begin(
        {"name": "step", "command": run.code(f"open({str(mark)!r}, 'w'); print('stepped')"), "once": True},
        {
            "name": "talker",
            "command": run.code(f"assert os.path.exists({str(mark)!r}); print('up now', flush=True)\n" + PAUSE),
            "ready_line": "up",
        },
        {"name": "last", "command": run.code(BEGUN + PAUSE), "ready_line": "begun"},
    )
    run.until("ALL READY")
    order = positions(run.lines, "step   | stepped", "talker | up now", "last   | begun", "ALL READY")
    assert order == sorted(order)


def test_a_url_is_ready_when_it_answers_200(run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = f"""
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    codes = [200, 503, 503]
    def do_GET(self):
        code = self.codes.pop()
        print("answered", code, flush=True)
        self.send_response(code); self.end_headers()
HTTPServer(("127.0.0.1", {port}), Answer).serve_forever()
"""
    run.begin({"name": "web", "command": run.code(server), "ready_url": f"http://127.0.0.1:{port}/"})
    run.until("ALL READY")
    if "web | answered 200" not in run.lines:  # what the program prints may come after what it answers
        run.until("answered 200")
    assert [line for line in run.lines if line.startswith("web | answered")] == [
        "web | answered 503",
        "web | answered 503",
        "web | answered 200",
    ]


def test_a_program_that_dies_is_restarted_after_growing_pauses(run: Run) -> None:
    run.begin({"name": "frail", "command": run.code(BEGUN + "sys.exit(3)")})
    for pause in ("0.01", "0.02", "0.04"):
        assert "3" in run.until(f"restarts in {pause} s")
    run.until("begun")
    assert run.end(signal.SIGTERM) == 0


def test_the_end_of_an_essential_program_ends_all(run: Run) -> None:
    run.begin(
        {"name": "other", "command": run.code(BEGUN + PAUSE), "ready_line": "begun"},
        {"name": "web", "command": run.code("sys.exit(7)"), "essential": True},
    )
    assert run.finish() == 1
    assert any("web ended" in line and "7" in line for line in run.lines)
    assert run.all_have_ended()


def test_a_failed_step_ends_all_and_nothing_later_starts(run: Run) -> None:
    run.begin(
        {"name": "step", "command": run.code("sys.exit('no database')"), "once": True},
        {"name": "late", "command": run.code(BEGUN + PAUSE)},
    )
    assert run.finish() == 1
    assert "step | no database" in run.lines
    assert not any("begun" in line for line in run.lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_in_reverse_order_within_ten_seconds(run: Run, number: int) -> None:
    run.begin(
        {"name": "first", "command": run.code(WITH_GRANDCHILD + BEGUN + PAUSE), "ready_line": "begun"},
        {
            "name": "stubborn",
            "command": run.code(STUBBORN + BEGUN + "while True: signal.pause()"),
            "ready_line": "begun",
        },
        {"name": "third", "command": run.code(BEGUN + PAUSE), "ready_line": "begun"},
    )
    run.until("ALL READY")
    began = time.monotonic()
    assert run.end(number) == 0
    assert time.monotonic() - began < 10
    order = positions(run.lines, "third    | 停止", "stubborn | 停止", "first    | 停止")
    assert order == sorted(order)
    assert run.all_have_ended()


def test_a_signal_while_starting_ends_all(run: Run) -> None:
    run.begin(
        {"name": "first", "command": run.code(BEGUN + PAUSE), "ready_line": "begun"},
        {"name": "mute", "command": run.code("print('waiting', flush=True)\n" + PAUSE), "ready_line": "never said"},
    )
    run.until("waiting")
    assert run.end(signal.SIGTERM) == 0
    assert run.all_have_ended()


def test_a_killed_supervisor_leaves_nobody_behind(run: Run) -> None:
    run.begin(
        {"name": "first", "command": run.code(WITH_GRANDCHILD + BEGUN + PAUSE), "ready_line": "begun"},
        {"name": "second", "command": run.code(BEGUN + PAUSE), "ready_line": "begun"},
    )
    run.until("ALL READY")
    assert not run.all_have_ended()
    run.process.kill()
    run.process.wait()
    run.wait_for_all()


@pytest.mark.parametrize("text", ["taken", "http", "0", "65536", "-1"])
def test_a_port_that_cannot_be_used_is_refused_before_anything_starts(text: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1]) if text == "taken" else text
        done = subprocess.run(
            [sys.executable, "-m", "infra.supervisor"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"PORT": port, "PATH": ""},
            check=False,
        )
    assert done.returncode == 2
    assert done.stdout == ""
    chinese, english = done.stderr.splitlines()
    assert "PORT" in chinese
    assert "PORT" in english
    assert port in english


def test_the_banner_holds_a_login_that_can_be_pasted() -> None:
    logins = ["company\tnumber", "yuanfeng\tlilei\tit's me\t李雷"]
    shown = demo.banner(8123, "http://127.0.0.1:8090", logins)
    assert "http://127.0.0.1:8123/api/docs" in shown
    assert "李雷" in shown
    command = next(line for line in shown.splitlines() if "curl" in line)
    words = shlex.split(command)
    assert words[2] == "http://127.0.0.1:8123/api/v1/auth/password"
    body = json.loads(words[-1])
    assert (body["company"], body["number"], body["password"]) == ("yuanfeng", "lilei", "it's me")

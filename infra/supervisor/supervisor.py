"""Starts programs in order, keeps them running, ends them in reverse order, and leaves none behind."""

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from infra.supervisor.child import Child, Due, Ended, Event, Ready, Stop
from infra.supervisor.programs import Console, Program

READY_LIMIT = 120.0
STOP_LIMIT = 8.0  # seconds for all programs together
STEADY = 60.0  # a program that ran so many seconds starts its back-off anew
LONGEST_PAUSE = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal asked for the end."""


class Failed(Exception):
    """Why all must end, for the reader."""


class Supervisor:
    """`run()` returns 0 if a signal asked it to stop, 1 if something essential failed; all have ended by then."""

    def __init__(self, programs: Sequence[Program], console: Console, *, first_pause: float = 0.5) -> None:
        self.programs = programs
        self.console = console
        self.first_pause = first_pause
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.children: dict[str, Child] = {}
        self.failures: dict[str, int] = {}

    def run(self, when_ready: Callable[[], None]) -> int:
        before = {number: signal.signal(number, self._ask_to_stop) for number in SIGNALS}
        self.watcher = subprocess.Popen(
            [sys.executable, "-P", "-S", str(Path(__file__).with_name("watcher.py"))],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            for program in self.programs:
                self._start(program)
                self._await(program)
            when_ready()
            while True:
                self._handle(self.events.get())
        except Stopped:
            return 0
        except Failed as reason:
            self.console.show(f"\n{reason}")
            return 1
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.events.put(Stop(number))

    def _start(self, program: Program) -> None:
        child = Child(program, self.events, self.console)
        self.children[program.name] = child
        self._tell_watcher(f"+{child.pid}")

    def _await(self, program: Program) -> None:
        deadline = time.monotonic() + READY_LIMIT
        while True:
            try:
                event = self.events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Failed(f"{program.name} 未能就绪 / {program.name} did not become ready") from None
            match event:
                case Ready(child) if child.program is program:
                    return
                case Ended(child, 0) if child.program is program and program.once:
                    self._end(child, 0)
                    return
                case Ended(child, code) if child.program is program:
                    raise Failed(_ended(program, code))
                case _:
                    self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case Stop():
                raise Stopped
            case Ended(child, code) if self.children.get(child.program.name) is child:
                if child.program.essential:
                    raise Failed(_ended(child.program, code))
                self._restart_later(child, code)
            case Due(program):
                self._start(program)

    def _restart_later(self, child: Child, code: int) -> None:
        name = child.program.name
        self._end(child, 0)
        steady = time.monotonic() - child.began > STEADY
        self.failures[name] = 1 if steady else self.failures.get(name, 0) + 1
        pause = min(LONGEST_PAUSE, self.first_pause * 2 ** (self.failures[name] - 1))
        self.console.say(name, f"{_ended(child.program, code)}；{pause:g} 秒后重启 / restarts in {pause:g} s")
        timer = threading.Timer(pause, self.events.put, [Due(child.program)])
        timer.daemon = True
        timer.start()

    def _end(self, child: Child, seconds: float) -> None:
        """Ends the program, if it has not ended, and what it may have left behind."""
        child.stop(seconds)
        del self.children[child.program.name]  # from now on its number may belong to somebody else
        self._tell_watcher(f"-{child.pid}")

    def _stop_all(self) -> None:
        deadline = time.monotonic() + STOP_LIMIT
        for child in reversed(list(self.children.values())):
            if not child.ended.is_set():
                self.console.say(child.program.name, "停止 / stopping")
            # Half of what is left for each, so that a slow one leaves time for those after it.
            self._end(child, max(0.0, deadline - time.monotonic()) / 2)
        assert self.watcher.stdin is not None
        self.watcher.stdin.close()
        self.watcher.wait()

    def _tell_watcher(self, line: str) -> None:
        assert self.watcher.stdin is not None
        with suppress(BrokenPipeError):  # somebody killed the watcher; the programs need not suffer
            self.watcher.stdin.write(f"{line}\n".encode())
            self.watcher.stdin.flush()


def _ended(program: Program, code: int) -> str:
    how = f"信号 / signal {-code}" if code < 0 else f"退出码 / exit code {code}"
    return f"{program.name} 已结束 / {program.name} ended（{how}）"

"""One started program."""

import os
import queue
import signal
import subprocess
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from typing import IO, NamedTuple

from infra.supervisor.programs import Console, Program

PROBE_INTERVAL = 0.1
PROBE_TIMEOUT = 5.0


class Ready(NamedTuple):
    child: "Child"


class Ended(NamedTuple):
    child: "Child"
    code: int


class Due(NamedTuple):
    """The time to restart a program has come."""

    program: Program


class Stop(NamedTuple):
    signal: int


Event = Ready | Ended | Due | Stop


class Child:
    """A running program: tells `events` when it is ready and when it has ended, prints what it says.

    It leads a process group of its own, so that Ctrl-C in the terminal reaches only the supervisor, which then ends the
    programs in order, and so that whatever it started can be ended with it.
    """

    def __init__(self, program: Program, events: "queue.SimpleQueue[Event]", console: Console) -> None:
        self.program = program
        self.events = events
        self.console = console
        self.began = time.monotonic()
        self.ended = threading.Event()
        self.process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **program.environment},
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.pumps = [self._thread(self._pump, self.process.stdout, True)]
        self.pumps.append(self._thread(self._pump, self.process.stderr, False))
        self._thread(self._wait)
        if program.ready_url:
            self._thread(self._probe)
        elif not program.once and not program.ready_line:
            events.put(Ready(self))

    @property
    def pid(self) -> int:
        """Also the number of its process group."""
        return self.process.pid

    def stop(self, seconds: float) -> None:
        """Asks it to end, and after `seconds` ends it and all that is left of its group."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        self.ended.wait(seconds)
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses to signal a group of dead processes
            os.killpg(self.pid, signal.SIGKILL)
        self.ended.wait()

    @staticmethod
    def _thread(target: object, *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        thread.start()
        return thread

    def _pump(self, stream: IO[bytes], standard_output: bool) -> None:
        for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            if standard_output and self.program.ready_line and line.startswith(self.program.ready_line):
                self.events.put(Ready(self))
            if standard_output and self.program.collect is not None:
                self.program.collect.append(line)
            else:
                self.console.say(self.program.name, line)

    def _wait(self) -> None:
        code = self.process.wait()
        if self.program.once:
            for pump in self.pumps:
                pump.join()  # all it said is collected before it counts as done
        self.ended.set()
        self.events.put(Ended(self, code))

    def _probe(self) -> None:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy the environment names
        while not self.ended.wait(PROBE_INTERVAL):
            with suppress(OSError, HTTPException), direct.open(self.program.ready_url, timeout=PROBE_TIMEOUT) as answer:
                if answer.status == 200:
                    self.events.put(Ready(self))
                    return

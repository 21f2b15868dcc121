"""What the supervisor runs, and how it shows what they say."""

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)  # terminal codes, told apart on dark and light ground


@dataclass(frozen=True, slots=True)
class Program:
    """One line of the table. Programs start in the table's order, each when the one before is ready.

    A program is ready at once; or, with `once`, when it has ended with 0; or when it has said a line that begins with
    `ready_line`; or when `ready_url` answers 200. An `essential` program's end brings all down, any other is restarted.
    """

    name: str
    command: Sequence[str]
    once: bool = False
    essential: bool = False
    ready_line: str = ""
    ready_url: str = ""
    collect: list[str] | None = None  # its standard output goes here instead of to the reader
    environment: Mapping[str, str] = field(default_factory=dict)


class Console:
    """Prints lines of several writers whole, each behind its program's name, in colour on a terminal."""

    def __init__(self, names: Sequence[str], stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.width = max(map(len, names), default=0)
        coloured = self.stream.isatty()
        self.colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)} if coloured else {}
        self.lock = threading.Lock()

    def say(self, name: str, text: str) -> None:
        prefix = f"{name:<{self.width}} |"
        if name in self.colours:
            prefix = f"\033[{self.colours[name]}m{prefix}\033[0m"
        self.show(f"{prefix} {text}")

    def show(self, text: str) -> None:
        with self.lock:
            try:
                print(text, file=self.stream, flush=True)
            except OSError:
                return  # the reader has gone (`make demo | head`); the programs need not suffer

"""What was asked and answered, printed as it happens, and whether it was as it should be."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
SHORT = 150
PAUSE_S = 0.2
_SECRETS = re.compile(r'("(?:access_token|refresh_token|password)":\s*)"[^"]*"')
_SIGNATURES = re.compile(r"signature=[^&\"]+")
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}(?=[0-9a-f]{4})")
"""All but the last four digits, which tell one id from another as well."""


class Transcript:
    def __init__(self, write: Callable[[str], object] = print) -> None:
        self._write = write
        self.checks = 0
        self.failed: list[str] = []

    def step(self, title: str) -> None:
        self._write(f"\n━━ {title}")

    def say(self, text: str) -> None:
        self._write(f"   {text}")

    def exchange(self, who: str, method: str, path: str, body: Any, status: int, answer: Any) -> None:
        sent = "" if body is None else f" {_short(body)}"
        self._write(f"   {who} → {method} {_plain(path)}{sent}")
        self._write(f"      {status} {_short(answer)}")

    def check(self, ok: bool, what: str) -> None:
        """Goes on either way: one run shows everything that is wrong."""
        self.checks += 1
        self._write(f"   {'✓' if ok else '✗'} {what}")
        if not ok:
            self.failed.append(what)


def until(look: Callable[[], T], good: Callable[[T], bool], *, seconds: float = 60) -> T:
    """What is seen once it is good, or at the deadline; for work that goes on in the background."""
    deadline = time.monotonic() + seconds
    while not good(seen := look()) and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
    return seen


def _short(value: Any) -> str:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    text = _plain(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _plain(text: str) -> str:
    """Without secrets, and with ids short enough to read."""
    return _IDS.sub("…", _SIGNATURES.sub("signature=…", _SECRETS.sub(r'\1"…"', text)))

"""A guard over the whole test run: no log line, of this process or of one that a test starts, may hold a secret.

It learns every secret as it comes into being (tokens, passwords, whatever is stored encrypted) and knows the look of
others: tokens, signed links, mobile numbers. What it sees fails the test during which it was written.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

WORD = re.compile(r"[\w+-]{8,}")
LOOKS = {
    "a token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    "a bearer token": re.compile(r"(?i)\bbearer\s+[\w.-]{12,}"),
    "a signed link": re.compile(r"\bsignature=[\w-]{16,}"),
    "a webhook secret": re.compile(r"\bwhsec_[\w+/=-]{12,}"),
    "a mobile number": re.compile(r"(?<![0-9A-Za-z.-])(?:\+86)?1[3-9]\d{9}(?![0-9A-Za-z-])"),
}


class Guard:
    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.found: list[str] = []

    def learn(self, secret: str, what: str) -> None:
        """Its longest word stands for it; words under eight letters, which tests use freely, are left out."""
        if words := WORD.findall(secret):
            self._known[max(words, key=len)] = what

    def check(self, text: str) -> None:
        for line in text.splitlines():
            for what in self._secrets_in(line):
                self.found.append(f"{what} in the log line: {line[:1000]}")

    def _secrets_in(self, line: str) -> Iterator[str]:
        for word in WORD.findall(line):
            if word in self._known:
                yield self._known[word]
        for what, look in LOOKS.items():
            if look.search(line):
                yield what

    def take(self) -> list[str]:
        found, self.found = self.found, []
        return found


guard = Guard()


def pytest_sessionstart() -> None:
    from django.contrib.auth.base_user import AbstractBaseUser

    from backend.core import logs, secrets
    from backend.directory import tokens
    from infra.demo import cast as demo
    from tests.support import cast

    guard.learn(cast.PASSWORD, "the cast's password")
    guard.learn(demo.PASSWORD, "the demo's password")
    _tell_of(tokens, "sign_access", lambda made, *a, **k: guard.learn(made, "an access token"))
    _tell_of(tokens, "new_refresh_token", lambda made, *a, **k: guard.learn(made, "a refresh token"))
    _tell_of(secrets, "encrypted", lambda made, text: guard.learn(text, "a secret that is stored encrypted"))
    _tell_of(AbstractBaseUser, "set_password", lambda made, user, raw: guard.learn(raw or "", "a password"))
    _tell_of(logs, "_line", lambda made, *a, **k: guard.check(made))


def _tell_of(place: Any, name: str, listen: Callable[..., None]) -> None:
    original = getattr(place, name)

    def told(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        listen(made, *args, **kwargs)
        return made

    setattr(place, name, told)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    if report.when != "call":  # what the test printed is complete when it is torn down
        for name, text in report.sections:
            if "stderr" in name:
                guard.check(text)
    if report.when == "teardown" and (found := guard.take()):
        report.outcome = "failed"
        report.longrepr = "秘密写入了日志 / a secret was logged:\n" + "\n".join(dict.fromkeys(found))
    return report

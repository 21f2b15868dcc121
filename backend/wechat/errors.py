"""What a call to WeCom may raise. None of the texts holds a secret or a token.

A worker that performs an owed row (`backend.events.owed`) can let these pass: a Permanent failure buries the
row, a Configuration keeps it waiting, anything else is tried again.

Source of the codes: developer.work.weixin.qq.com, document path 90313.
"""

from backend.events import owed

TOKEN_REFUSED = frozenset({40014, 42001})
BUSY = frozenset({-1, 6000, 45009, 45033})
"""System busy, version conflict, too frequent, too many at once: the same call may succeed later."""
MISCONFIGURED = frozenset({40001, 40013, 40056, 40091, 41002, 41004, 48001, 48002, 48009, 50001, 60020, 301002})
"""Secret, corporation, agent, permission or trusted address are wrong: no call of this app can succeed."""
UNREACHABLE = frozenset({40003, 40031, 43004, 46004, 60011, 60111, 81013})


class WecomError(Exception):
    """A call failed. `errcode` is the platform's number for it, None where the platform gave none."""

    def __init__(self, text: str, *, errcode: int | None = None) -> None:
        super().__init__(text)
        self.errcode = errcode


class Transient(WecomError):
    """Unanswered, busy or not understandable: try again later. The work may have been done all the same."""


class TokenRefused(Transient):
    """The token has died before its time. The client renews it once by itself."""


class Permanent(WecomError, owed.PermanentFailure):
    """Understood and refused: the same call would be refused again."""


class Unreachable(Permanent):
    """None of the receivers can be reached through this app: unknown, left, or outside its visible range."""


class Configuration(WecomError, owed.Configuration):
    """A person must mend the settings of the app, here or at WeCom."""


def refusal(endpoint: str, errcode: int, errmsg: str) -> WecomError:
    """The error that stands for an errcode other than 0. An unknown code is a refusal like any other."""
    return _family(errcode)(f"{endpoint}: errcode {errcode} {errmsg}", errcode=errcode)


def _family(errcode: int) -> type[WecomError]:
    if errcode in TOKEN_REFUSED:
        return TokenRefused
    if errcode in BUSY:
        return Transient
    if errcode in MISCONFIGURED:
        return Configuration
    return Unreachable if errcode in UNREACHABLE else Permanent

"""What a call to the platform may raise, one table for all errcodes. No text holds a secret, token, code or phone.

A worker that performs an owed row (`backend.events.owed`) can let these pass: a Permanent failure buries the
row, Configuration and RateLimited keep it waiting, anything else is tried again.

Sources of the codes: developer.work.weixin.qq.com, document path 90313; developers.weixin.qq.com, global return codes.
"""

import logging

from backend.core.errors import Unavailable
from backend.core.text import bilingual
from backend.events import owed

logger = logging.getLogger(__name__)
RETRY_AFTER_S, MENDED_AFTER_S = 5, 300
MINUTE_S, WINDOW_S = 60, 300
OF_A_MINUTE = frozenset({45011, 45033})


class PlatformError(Exception):
    """A call failed. `errcode` is the platform's number for it, None where the platform gave none."""

    def __init__(self, text: str, *, errcode: int | None = None) -> None:
        super().__init__(text)
        self.errcode = errcode


class Transient(PlatformError):
    """Unanswered, busy or not understandable: try again later. The work may have been done all the same."""


class Unanswered(Transient):
    """No connection, or no whole answer in time."""


class TokenRefused(Transient):
    """The token has died before its time. The client renews it once by itself."""


class RateLimited(Transient, owed.Postponed):
    """Too many calls: the same one succeeds when the platform's window has ended (a minute, an hour or a day)."""

    @property
    def retry_after_s(self) -> int:
        """Which window it is the platform does not say, but some codes are of a minute only."""
        return MINUTE_S if self.errcode in OF_A_MINUTE else WINDOW_S


class Permanent(PlatformError, owed.PermanentFailure):
    """Understood and refused: the same call would be refused again."""


class CodeSpent(Permanent):
    """A code, ticket or response code that works once was used, has expired or never was: get a new one."""


class NotAMember(Permanent):
    """The code is good, but of somebody who is no member of this corporation."""


class Unreachable(Permanent):
    """None of the receivers can be reached through this app: unknown, left, or outside its visible range."""


class NoConsent(Unreachable):
    """The receiver has not agreed to (another) message of this template, or has withdrawn it."""


class BadPayload(Permanent):
    """The contents break a rule of the platform; a validator of ours should have found it before."""


class TaskIdTaken(Permanent):
    """A card with this task id was sent before, perhaps by a try whose answer was lost. Nothing was sent now."""


class MediaGone(Permanent):
    """The file behind a media id has expired (three days) or never was: it must be uploaded anew."""


class Configuration(PlatformError, owed.Configuration):
    """A person must mend the settings of the app, here or at the platform."""


FAMILIES: dict[type[PlatformError], frozenset[int]] = {
    TokenRefused: frozenset({40014, 42001}),
    Transient: frozenset({-1, -1000, 6000}),
    RateLimited: frozenset({45009, 45011, 45033, 43117}),
    Configuration: frozenset(
        {40001, 40013, 40056, 40091, 40125, 40164, 41002, 41004, 42012, 48001, 48002, 48009, 50001, 60020, 301002}
    ),
    CodeSpent: frozenset({40029, 40163, 42003, 42022, 60140, 84014, 84015}),
    Unreachable: frozenset({40003, 40031, 40226, 43004, 43019, 46004, 60011, 60111, 81013}),
    NoConsent: frozenset({43101}),
    BadPayload: frozenset({40004, 40006, 40008, 40009, 40005, 40037, 40058, 41030, 44001, 44004, 45002, 47003})
    | frozenset(range(42027, 42052)),
    TaskIdTaken: frozenset({42014}),
    MediaGone: frozenset({40007}),
}
"""An errcode that stands nowhere here is a refusal like any other: Permanent."""
_family_of = {errcode: family for family, errcodes in FAMILIES.items() for errcode in errcodes}


class PlatformUnavailable(Unavailable):
    code = "platform_unavailable"
    message = bilingual(
        "企业微信或微信暂不可用，请稍后重试。", "WeCom or WeChat does not answer just now. Try again later."
    )


def unavailable(error: PlatformError) -> PlatformUnavailable:
    """What a caller of ours is told: nothing of the settings, which the log names to the people who mend them."""
    is_ours = isinstance(error, Configuration)
    logger.log(logging.ERROR if is_ours else logging.WARNING, "platform: %s", error)
    if isinstance(error, RateLimited):
        return PlatformUnavailable(retry_after_s=error.retry_after_s)
    return PlatformUnavailable(retry_after_s=MENDED_AFTER_S if is_ours else RETRY_AFTER_S)


def refusal(path: str, errcode: int, errmsg: str, *, is_weixin_token: bool = False) -> PlatformError:
    """The error that stands for an errcode other than 0.

    `is_weixin_token`: the call carried a token of api.weixin.qq.com, where 40001 means a dead token and not, as
    everywhere else, a wrong secret.
    """
    family = TokenRefused if is_weixin_token and errcode == 40001 else _family_of.get(errcode, Permanent)
    return family(f"{path} - errcode {errcode} {errmsg}", errcode=errcode)

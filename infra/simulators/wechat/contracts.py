"""The documented limits and error codes, as data.

Sources: developer.work.weixin.qq.com, document paths 91039 (gettoken), 90236 (message/send), 90313
(error codes) and 90454 (frequency). Where the platform cuts an over-long text silently the stand-in
refuses it, so that a sender who relies on the cut is found.
"""

import re
from dataclasses import dataclass

TOKEN_SECONDS = 7200
TOKEN_GRACE_SECONDS = 300
TOKEN_MODES = ("rotate", "grace", "same")
CODE_SECONDS = 300
USER_TICKET_SECONDS = 1800
RESPONSE_SECONDS = 72 * 3600
RECALL_SECONDS = 24 * 3600
MEDIA_SECONDS = 3 * 86_400
TICKET_SECONDS = 7200
CORP_TICKETS = ((3600, 400),)
APP_TICKETS = ((3600, 100),)
MEDIA_GETS = ((60, 60),)
"""How often is too often is not documented, only that there is such a limit (45033)."""
SEEN_SECONDS = 2 * 3600
MAX_CHECKED = 2500
CLIENT_MSG_SECONDS = 600
CALLBACK_RULES = {"timeout": 5.0, "tries": 3, "pause": 0.0, "retry_on_status": True}
"""Document 90238 has every status but 200 tried again, 90930 only silence: `retry_on_status` says which."""
FREQUENCY = {
    "corp": [[60, 10_000], [3600, 150_000]],
    "address": [[60, 20_000], [3600, 600_000]],
    "messages_per_account": 200,
}
"""Calls of one path within seconds, and messages a day; a seed may set lower ones."""
STABLE_REFRESHES = ((30, 1), (86400, 20))
PLAIN_TOKENS = ((86400, 2000),)
LOGINS_PER_PERSON = ((60, 100),)

USER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")
IDS_PER_PAGE = 10_000

MAX_USERS = 1000
MAX_PARTIES = 100
MAX_TAGS = 100
DUPLICATE_SECONDS_DEFAULT = 1800
DUPLICATE_SECONDS_MAX = 4 * 3600
MEMBER_LIMITS = ((60, 30), (3600, 1000))
"""(window in seconds, messages): beyond it the platform drops a member's messages and still answers ok."""


@dataclass(frozen=True)
class TextField:
    """One text of a message body: what is answered when it is missing or too long."""

    name: str
    missing: int | None
    max_bytes: int | None = None
    max_characters: int | None = None
    too_long: int = 45002
    is_url: bool = False


BODIES: dict[str, tuple[TextField, ...]] = {
    "text": (TextField("content", missing=44004, max_bytes=2048),),
    "markdown": (TextField("content", missing=44004, max_bytes=2048),),
    "textcard": (
        TextField("title", missing=41016, max_bytes=128),
        TextField("description", missing=41033, max_bytes=512),
        TextField("url", missing=41010, max_bytes=2048, too_long=40039, is_url=True),
        TextField("btntxt", missing=None, max_characters=4),
    ),
}


@dataclass(frozen=True)
class MediaRules:
    """How large a file of a kind may be, and (where, what) it may begin with."""

    most: int
    beginnings: tuple[tuple[int, bytes], ...] = ()


MIN_MEDIA_BYTES = 5
MEGABYTE = 1024 * 1024
MEDIA = {
    "image": MediaRules(10 * MEGABYTE, ((0, b"\xff\xd8\xff"), (0, b"\x89PNG\r\n\x1a\n"))),
    "voice": MediaRules(2 * MEGABYTE, ((0, b"#!AMR"),)),
    "video": MediaRules(10 * MEGABYTE, ((4, b"ftyp"),)),
    "file": MediaRules(20 * MEGABYTE),
}

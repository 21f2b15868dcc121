"""The documented limits and error codes, as data.

Sources: developer.work.weixin.qq.com, document paths 91039 (gettoken), 90236 (message/send), 90313
(error codes) and 90454 (frequency). Where the platform cuts an over-long text silently the stand-in
refuses it, so that a sender who relies on the cut is found.
"""

from dataclasses import dataclass

TOKEN_SECONDS = 7200
TOKEN_GRACE_SECONDS = 300
TOKEN_MODES = ("rotate", "grace", "same")

MAX_USERS = 1000
MAX_PARTIES = 100
MAX_TAGS = 100
DUPLICATE_SECONDS_DEFAULT = 1800
DUPLICATE_SECONDS_MAX = 4 * 3600
MEMBER_LIMITS = ((60, 30), (3600, 1000))
"""(window in seconds, messages): beyond it the platform drops a member's messages and still answers ok."""

TEXTS = {
    40001: "invalid credential",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40032: "invalid userid list size",
    40033: "invalid character in request",
    40039: "invalid url size",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    40091: "invalid secret",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41010: "missing url",
    41011: "missing agentid",
    41016: "missing title",
    41033: "missing description",
    42001: "access_token expired",
    44004: "empty content",
    45002: "content size out of limit",
    45034: "url without protocol head",
    60020: "not allow to access from your ip",
    81013: "user & party & tag all invalid",
    82001: "All touser & toparty & totag empty",
    301002: "not allow operate another agent with this accesstoken",
}


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

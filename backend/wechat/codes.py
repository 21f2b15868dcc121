"""Codes as a phone hands them over: whatever a stranger typed, until the platform has said otherwise."""

from backend.wechat.errors import CodeSpent

MAX_CODE_BYTES = 512


def checked_code(code: str) -> str:
    """What cannot be a code is spent without a call: CodeSpent."""
    if not code or not code.isascii() or not code.isprintable() or len(code) > MAX_CODE_BYTES:
        raise CodeSpent("not a code of the platform")
    return code

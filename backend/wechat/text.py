"""Text as WeCom takes it: limits are counted in bytes of UTF-8, control characters are refused."""

import re
import unicodedata
from html import escape

ELLIPSIS = "…"


def clean(text: str) -> str:
    """Without control characters and lone surrogates; line breaks and tabs stay, as `\\n` and a space."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"))


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def shortened(text: str, max_bytes: int) -> str:
    """At most so many bytes, cut between characters and then ended by an ellipsis."""
    return _joined(list(text), max_bytes)


def shortened_markup(text: str, max_bytes: int) -> str:
    """Plain text as the markup of a text card: escaped, `<br>` for line breaks, never cut inside of either."""
    return _joined(["<br>" if char == "\n" else escape(char, quote=False) for char in text], max_bytes)


def without_links(text: str) -> str:
    """Plain text for a text message, in which `<a` would begin a link."""
    return re.sub(r"<(?=\s*/?\s*a\b)", "＜", text, flags=re.IGNORECASE)


def _joined(pieces: list[str], max_bytes: int) -> str:
    whole = "".join(pieces)
    if len(whole.encode()) <= max_bytes:
        return whole
    room, kept = max_bytes - len(ELLIPSIS.encode()), 0
    for piece in pieces:
        room -= len(piece.encode())
        if room < 0:
            break
        kept += 1
    return "".join(pieces[:kept]) + ELLIPSIS

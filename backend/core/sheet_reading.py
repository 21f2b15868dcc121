"""From the cells that people fill in to text, with what spreadsheet programs do to them undone or named."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from backend.core import spreadsheets
from backend.core.sheet_columns import Column
from backend.core.sheet_problems import Problem
from backend.core.spreadsheets import Cell, Moment

HEADING_WITHIN = 10
"""Rows: above the headings people put a title, a date and their compliments."""
EXACT_DIGITS = 1e15
"""Beyond, a spreadsheet's number has rounded some away."""
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_ORNAMENT = re.compile(r"[*＊:：\s]|（.*?）|\(.*?\)")


def clean(text: str) -> str:
    """Words without what cannot be seen; any run of blanks is one."""
    if text.isprintable():  # nearly always; then nothing is hidden in it
        return " ".join(text.split())
    shown = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in shown if unicodedata.category(char) not in ("Cf", "Cc")).split())


def plain(text: str) -> str:
    """A code without blanks, in ordinary width: １００ １ is 1001."""
    return "".join(
        (text if text.isascii() and text.isprintable() else unicodedata.normalize("NFKC", clean(text))).split()
    )


def said(cell: Cell, *, is_words: bool) -> str:
    """Of a field of free words; all others are codes, whose width, blanks and ornaments mean nothing."""
    text = spreadsheets.text_of(cell)
    return clean(text) if is_words else plain(text)


def trap(name: str, cell: Cell, *, is_words: bool) -> Problem | None:
    """What the spreadsheet has made of this cell, where that is no longer what was typed."""
    text = said(cell, is_words=is_words)
    if isinstance(cell, Moment):
        return Problem(name, "became_a_date", {"value": text})
    if is_words:
        return Problem(name, "formula", {"value": text[:32]}) if text[:1] in ("=", "+", "@", "-") else None
    rounded = isinstance(cell, float) and abs(cell) >= EXACT_DIGITS
    if rounded or _SCIENTIFIC.fullmatch(text):
        return Problem(name, "digits_lost", {"value": text})
    return Problem(name, "formula", {"value": text[:32]}) if text.startswith(("=", "@")) else None


def known_headings(columns: Iterable[Column]) -> dict[str, str]:
    """Our name of a column by whatever it may be called; the first column that claims a heading has it."""
    return {folded(heading): one.field for one in reversed([*columns]) for heading in one.headings}


def fields_of(row: Sequence[Cell], known: Mapping[str, str]) -> list[str]:
    """Our name of each column; empty for one that means nothing here, or has been there already."""
    named: list[str] = []
    for cell in row:
        name = known.get(folded(spreadsheets.text_of(cell)), "")
        named.append("" if name in named else name)
    return named


def ignored_in(row: Sequence[Cell], fields: Sequence[str]) -> list[str]:
    """Headings that mean nothing to us, as they are written."""
    unknown = (clean(spreadsheets.text_of(cell)) for name, cell in zip(fields, row, strict=True) if not name)
    return [heading[:64] for heading in unknown if heading]


def folded(heading: str) -> str:
    return unicodedata.normalize("NFKC", _ORNAMENT.sub("", clean(heading))).casefold()

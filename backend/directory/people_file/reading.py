"""From the cells of a file to rows of named fields, with what spreadsheet programs do to them undone or named."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from backend.core import spreadsheets
from backend.core.spreadsheets import Cell, ColumnMissing, Moment
from backend.directory.people_file.columns import COLUMNS, DEPARTMENTS, EMPLOYEES, KEYS, column
from backend.directory.people_file.problems import Problem

HEADING_WITHIN = 10
"""Rows: above the headings people put a title, a date and their compliments."""
EXACT_DIGITS = 1e15
"""Beyond, a spreadsheet's number has rounded some away."""
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_ORNAMENT = re.compile(r"[*＊:：\s]|（.*?）|\(.*?\)")
WORDS = frozenset({"name"})
"""Fields of free words; all others are codes, whose width, blanks and ornaments mean nothing."""


@dataclass(slots=True)
class Line:
    kind: str
    number: int
    """As the spreadsheet counts."""
    cells: dict[str, Cell]
    """By field, as they are; empty ones are left out."""
    is_from_csv: bool = False

    def text(self, name: str) -> str:
        cell = self.cells.get(name, "")
        return clean(spreadsheets.text_of(cell)) if name in WORDS else plain(spreadsheets.text_of(cell))

    def trap(self, name: str) -> Problem | None:
        """What the spreadsheet has made of this cell, where that is no longer what was typed."""
        cell, text = self.cells.get(name, ""), self.text(name)
        if isinstance(cell, Moment):
            return Problem(name, "became_a_date", {"value": text})
        if name in WORDS:
            return Problem(name, "formula", {"value": text[:32]}) if text[:1] in ("=", "+", "@", "-") else None
        rounded = isinstance(cell, float) and abs(cell) >= EXACT_DIGITS
        if rounded or _SCIENTIFIC.fullmatch(text):
            return Problem(name, "digits_lost", {"value": text})
        return Problem(name, "formula", {"value": text[:32]}) if text.startswith(("=", "@")) else None


@dataclass(slots=True)
class Table:
    lines: list[Line]
    ignored: list[str]
    """Headings that mean nothing to us, as they are written."""


def read(content: bytes) -> Table:
    """The first table of departments and the first of employees, whichever there are, by their headings.

    Raises BadFile, FileTooLarge, ColumnMissing where neither is found.
    """
    table, found = Table([], []), set()
    for sheet in spreadsheets.sheets(content):
        for top, row in enumerate(sheet.rows[:HEADING_WITHIN]):
            kind = next((kind for kind in (EMPLOYEES, DEPARTMENTS) if KEYS[kind] in _fields(kind, row)), None)
            if kind is not None and kind not in found:
                found.add(kind)
                _take(table, kind, sheet.rows, top, is_csv=not sheet.name)
                break
    if not found:
        raise ColumnMissing(columns=[column(kind, KEYS[kind]).zh for kind in (DEPARTMENTS, EMPLOYEES)])
    return table


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


def _take(table: Table, kind: str, rows: Sequence[Sequence[Cell]], top: int, *, is_csv: bool) -> None:
    fields = _fields(kind, rows[top])
    for name, cell in zip(fields, rows[top], strict=True):
        if not name and (heading := clean(spreadsheets.text_of(cell))):
            table.ignored.append(heading[:64])
    wanted = [name if name and column(kind, name).is_read else "" for name in fields]
    for number, row in enumerate(rows[top + 1 :], start=top + 2):
        cells = {name: cell for name, cell in zip(wanted, row, strict=False) if name}
        filled = {name: cell for name, cell in cells.items() if clean(spreadsheets.text_of(cell))}
        if filled:
            table.lines.append(Line(kind, number, filled, is_from_csv=is_csv))


def _fields(kind: str, row: Sequence[Cell]) -> list[str]:
    """Our name of each column; empty for one that means nothing here, or has been there already."""
    named: list[str] = []
    for cell in row:
        name = _KNOWN[kind].get(_heading(spreadsheets.text_of(cell)), "")
        named.append("" if name in named else name)
    return named


def _heading(text: str) -> str:
    return unicodedata.normalize("NFKC", _ORNAMENT.sub("", clean(text))).casefold()


_KNOWN = {
    kind: {_heading(heading): one.field for one in reversed(columns) for heading in one.headings}
    for kind, columns in COLUMNS.items()
}

"""From the cells of a file to rows of named fields, with what spreadsheet programs do to them undone or named."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core import spreadsheets
from backend.core.sheet_problems import Problem
from backend.core.sheet_reading import HEADING_WITHIN, fields_of, ignored_in, known_headings, said, trap
from backend.core.sheet_reading import clean as clean
from backend.core.sheet_reading import plain as plain
from backend.core.spreadsheets import Cell, ColumnMissing
from backend.directory.people_file.columns import COLUMNS, DEPARTMENTS, EMPLOYEES, KEYS, column

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
        return said(self.cells.get(name, ""), is_words=name in WORDS)

    def trap(self, name: str) -> Problem | None:
        """What the spreadsheet has made of this cell, where that is no longer what was typed."""
        return trap(name, self.cells.get(name, ""), is_words=name in WORDS)


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


def _take(table: Table, kind: str, rows: Sequence[Sequence[Cell]], top: int, *, is_csv: bool) -> None:
    fields = _fields(kind, rows[top])
    table.ignored += ignored_in(rows[top], fields)
    wanted = [name if name and column(kind, name).is_read else "" for name in fields]
    for number, row in enumerate(rows[top + 1 :], start=top + 2):
        cells = {name: cell for name, cell in zip(wanted, row, strict=False) if name}
        filled = {name: cell for name, cell in cells.items() if clean(spreadsheets.text_of(cell))}
        if filled:
            table.lines.append(Line(kind, number, filled, is_from_csv=is_csv))


def _fields(kind: str, row: Sequence[Cell]) -> list[str]:
    return fields_of(row, _KNOWN[kind])


_KNOWN = {kind: known_headings(columns) for kind, columns in COLUMNS.items()}

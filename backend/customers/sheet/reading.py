"""From a file to rows of named cells, with what shows in the cells and in the file alone."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from backend.core import spreadsheets
from backend.core.sheet_problems import Problem
from backend.core.sheet_reading import HEADING_WITHIN, clean, fields_of, ignored_in, known_headings, said, trap
from backend.core.spreadsheets import Cell, ColumnMissing, Moment
from backend.customers import details, rules
from backend.customers.models import CustomerField
from backend.customers.sheet.columns import DETAIL, columns_of

_CODES = frozenset({"code", "status", "credit_code", "phone", "lat", "lng", "crs", "geofence_m", "owner"})
_CODES_OF_PARTS = ("_phone", "_email", "_lat", "_lng", "_crs")
_TYPED = (CustomerField.Kind.NUMBER, CustomerField.Kind.DAY)


@dataclass(slots=True)
class Line:
    number: int
    """As the spreadsheet counts."""
    cells: dict[str, str]
    problems: list[Problem]

    @property
    def traps(self) -> list[dict[str, Any]]:
        return [asdict(problem) for problem in self.problems]


@dataclass(slots=True)
class Table:
    headings: list[tuple[str, str]] = field(default_factory=list)
    """(our field, as it is written) of the columns that are read."""
    ignored: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def read(content: bytes, *, company_id: UUID) -> Table:
    """The first table that has a column of names or codes. Raises BadFile, FileTooLarge, ColumnMissing."""
    columns, own = columns_of(company_id), details.fields_of(company_id)
    known, wanted = known_headings(columns), {column.field for column in columns if column.is_read}
    for sheet in spreadsheets.sheets(content):
        for top, row in enumerate(sheet.rows[:HEADING_WITHIN]):
            fields = fields_of(row, known)
            if "name" in fields or "code" in fields:
                table = Table(ignored=ignored_in(row, fields))
                read_fields = [name if name in wanted else "" for name in fields]
                table.headings = [
                    (name, clean(spreadsheets.text_of(cell)))
                    for name, cell in zip(read_fields, row, strict=True)
                    if name
                ]
                words = {name: _is_words(name, own) for name in read_fields if name}
                days = {f"{DETAIL}{key}" for key, each in own.items() if each.kind == CustomerField.Kind.DAY}
                table.lines = list(_lines(sheet.rows, top, read_fields, words, days))
                _mark_doubles(table.lines)
                return table
    raise ColumnMissing(columns=["客户名称"])


def _lines(
    rows: list[list[Cell]], top: int, fields: list[str], words: dict[str, bool], days: set[str]
) -> Iterator[Line]:
    for number, row in enumerate(rows[top + 1 :], start=top + 2):
        cells, problems = {}, []
        for name, cell in zip(fields, row, strict=False):
            if not name or cell == "":
                continue
            if name in days and isinstance(cell, Moment):
                cells[name] = str(cell)[:10]
            elif text := said(cell, is_words=words[name]):
                cells[name] = text
                if found := trap(name, cell, is_words=words[name]):
                    problems.append(found)
        rows[number - 1] = []  # the sheet is large, and done with from here
        if cells:
            yield Line(number, cells, problems)


def _is_words(name: str, own: dict[str, CustomerField]) -> bool:
    if name.startswith(DETAIL):
        return own[name.removeprefix(DETAIL)].kind not in _TYPED
    return name not in _CODES and not name.endswith(_CODES_OF_PARTS)


def _mark_doubles(lines: list[Line]) -> None:
    """Rows that mean the same customer: of them the first counts."""
    first: dict[tuple[str, ...], int] = {}
    for line in lines:
        for column, key in _identities(line):
            if (row := first.setdefault(key, line.number)) != line.number:
                line.problems.append(Problem(column, "duplicate", {"row": row}))
                break


def _identities(line: Line) -> Iterator[tuple[str, tuple[str, ...]]]:
    code, credit = line.cells.get("code", ""), line.cells.get("credit_code", "").upper()
    if code:
        yield "code", ("code", code)
    if len(credit) == 18:
        yield "credit_code", ("credit", credit)
    if not code and not credit and (name := line.cells.get("name", "")):
        yield "name", ("name", rules.name_key(name), rules.phone_key(line.cells.get("phone", "")))

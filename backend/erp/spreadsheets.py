"""Tables out of CSV and XLSX files as people and ERPs make them: bounded, any common encoding, headings by name."""

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from backend.core.errors import Invalid
from backend.core.text import bilingual

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ROWS = 100_000
MAX_CELL = 1000
ZIP_MAGIC = b"PK\x03\x04"
ENCODINGS = ("utf-8-sig", "gb18030")
"""GB 18030 covers what Excel writes on a Chinese Windows."""


class BadFile(Invalid):
    code = "bad_file"
    message = bilingual("无法读取该文件，请使用 CSV 或 XLSX。", "The file cannot be read. Use CSV or XLSX.")


class FileTooLarge(Invalid):
    code = "file_too_large"
    message = bilingual(
        "文件超过 20 MB 或 10 万行，请拆分后导入。", "The file exceeds 20 MB or 100,000 rows. Split it."
    )


class ColumnMissing(Invalid):
    code = "column_missing"
    message = bilingual("缺少必需的列。", "A required column is missing.")


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As the spreadsheet counts; the heading is row 1."""
    cells: Mapping[str, str]
    """By our name of the column; empty cells are left out."""


def read(content: bytes, *, columns: Mapping[str, tuple[str, ...]], required: tuple[str, ...]) -> list[Row]:
    """The rows of the first sheet below its heading; columns that nobody asked for and empty rows are left out.

    `columns` maps our names to the headings they go by, in any case. Raises BadFile, FileTooLarge, ColumnMissing.
    """
    if len(content) > MAX_BYTES:
        raise FileTooLarge()
    table = _workbook(content) if content.startswith(ZIP_MAGIC) else _csv(content)
    if len(table) > MAX_ROWS + 1:
        raise FileTooLarge()
    known = {heading.casefold(): name for name, headings in columns.items() for heading in (name, *headings)}
    heading = [known.get(_text(cell).casefold()) for cell in table[0]] if table else []
    if missing := [name for name in required if name not in heading]:
        raise ColumnMissing(columns=[(columns[name] or (name,))[0] for name in missing])
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        named = {name: _text(cell) for name, cell in zip(heading, cells, strict=False) if name}
        if filled := {name: text for name, text in named.items() if text}:
            rows.append(Row(number, filled))
    return rows


def _csv(content: bytes) -> list[list[Any]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        try:
            return list(csv.reader(io.StringIO(text), strict=True))
        except csv.Error as exc:
            raise BadFile() from exc
    raise BadFile()


def _workbook(content: bytes) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise FileTooLarge()
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet: list[list[Any]] = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
        return sheet
    except (CalamineError, zipfile.BadZipFile, IndexError, ValueError) as exc:
        raise BadFile() from exc


def _text(cell: Any) -> str:
    """Spreadsheets keep every number as a float and every date as a moment of nowhere in particular."""
    match cell:
        case bool():
            text = "true" if cell else "false"
        case float():
            text = format(Decimal(repr(cell)).normalize(), "f")
        case datetime() | date():
            text = cell.isoformat()
        case _:
            text = str(cell)
    return text.strip()[:MAX_CELL]

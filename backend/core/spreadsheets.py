"""Tables out of CSV and XLSX files as people and ERPs make them: bounded, any common encoding, headings by name."""

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from backend.core import sheet_process
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


class Moment(str):
    """What a spreadsheet keeps as a date or a time, in ISO notation; it may have been meant as something else."""

    __slots__ = ()


Cell = str | float | bool | Moment


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    """Empty for CSV."""
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As the spreadsheet counts; the heading is row 1."""
    cells: Mapping[str, str]
    """By our name of the column; empty cells are left out."""


def sheets(content: bytes) -> list[Sheet]:
    """Every sheet from its first row on; a merged area has its text in each of its cells, as the eye sees it.

    Raises BadFile, FileTooLarge.
    """
    if len(content) > MAX_BYTES:
        raise FileTooLarge()
    found = _workbook(content) if content.startswith(ZIP_MAGIC) else [Sheet("", _csv(content))]
    if any(len(sheet.rows) > MAX_ROWS + 1 for sheet in found):
        raise FileTooLarge()
    return found


def read(content: bytes, *, columns: Mapping[str, tuple[str, ...]], required: tuple[str, ...]) -> list[Row]:
    """The rows of the first sheet below its heading; columns that nobody asked for and empty rows are left out.

    `columns` maps our names to the headings they go by, in any case. Raises BadFile, FileTooLarge, ColumnMissing.
    """
    table = sheets(content)[0].rows
    known = {heading.casefold(): name for name, headings in columns.items() for heading in (name, *headings)}
    heading = [known.get(text_of(cell).casefold()) for cell in table[0]] if table else []
    if missing := [name for name in required if name not in heading]:
        raise ColumnMissing(columns=[(columns[name] or (name,))[0] for name in missing])
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        named = {name: text_of(cell) for name, cell in zip(heading, cells, strict=False) if name}
        if filled := {name: text for name, text in named.items() if text}:
            rows.append(Row(number, filled))
    return rows


def text_of(cell: Cell) -> str:
    """Spreadsheets keep every number as a float."""
    match cell:
        case bool():
            text = "true" if cell else "false"
        case int() | float():
            text = format(Decimal(repr(cell)).normalize(), "f")
        case _:
            text = cell
    return text.strip()[:MAX_CELL]


def _csv(content: bytes) -> list[list[Cell]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        try:
            return [list(row) for row in csv.reader(io.StringIO(text), strict=True)]
        except csv.Error as exc:
            raise BadFile() from exc
    raise BadFile()


def _workbook(content: bytes) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise FileTooLarge()
        # What the archive says of itself may be a lie; the other process finds out, and only it pays.
        run = subprocess.run(
            [sys.executable, "-I", str(Path(sheet_process.__file__)), str(MAX_ROWS + 1)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * sheet_process.CPU_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, zipfile.BadZipFile, ValueError) as exc:
        raise BadFile() from exc
    if run.returncode == sheet_process.TOO_LARGE:
        raise FileTooLarge()
    if run.returncode or not (told := orjson.loads(run.stdout)):
        raise BadFile()
    return [Sheet(one["name"], [[_cell(cell) for cell in row] for row in one["rows"]]) for one in told]


def _cell(told: Any) -> Cell:
    return Moment(told["moment"]) if isinstance(told, dict) else told

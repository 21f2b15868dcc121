"""A program of its own: a workbook in, its cells as JSON out, within bounds that no file can talk its way out of.

A few kilobytes can claim cells at opposite corners of a sheet, or one long text a million times, and whoever unfolds
that takes gigabytes. Here the operating system ends it, and only this process. Formulas are never computed: what the
spreadsheet program last showed is what is read. The argument says how many rows a sheet may have.
"""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

MEMORY = 1536 * 1024 * 1024
CPU_S = 60
MAX_TOLD = 128 * 1024 * 1024
UNREADABLE, TOO_LARGE = 3, 4


def main() -> int:
    _bound(resource.RLIMIT_CPU, CPU_S)
    _bound(resource.RLIMIT_AS, MEMORY)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read()))
        kept = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        if any(book.get_sheet_by_name(name).total_height > int(sys.argv[1]) for name in kept):
            return TOO_LARGE
        told = json.dumps([{"name": name, "rows": _rows(book, name)} for name in kept], ensure_ascii=False).encode()
    except (CalamineError, ValueError, IndexError):
        return UNREADABLE
    except MemoryError:
        return TOO_LARGE
    if len(told) > MAX_TOLD:
        return TOO_LARGE
    sys.stdout.buffer.write(told)
    return 0


def _bound(what: int, amount: int) -> None:
    try:
        resource.setrlimit(what, (amount, amount))
    except (OSError, ValueError):  # a system without this limit, or with a lower one
        return


def _rows(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    """A merged area has its text in each of its cells, as the eye sees it."""
    sheet = book.get_sheet_by_name(name)
    rows = [[_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


def _cell(cell: Any) -> Any:
    match cell:
        case datetime() | date() | time():
            return {"moment": cell.isoformat()}
        case timedelta():
            return {"moment": str(cell)}
        case _:
            return cell


if __name__ == "__main__":
    sys.exit(main())

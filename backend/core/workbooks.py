"""Writing workbooks of any length: rows go to the disk as they come, and memory stays flat.

Text is always text: none of it can be a formula or a link, and no number that is a code loses a zero.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_000_000
"""Excel takes 1,048,576."""
WIDTH = 18
MAX_CELL = 32_767
Cell = str | int | float | None


@contextmanager
def writing(file: IO[bytes], *, memory: bool = False) -> Iterator[Any]:
    """A new workbook that is in `file` when the block ends; `memory` for small ones whose rows come in any order."""
    options = {
        "in_memory": memory,
        "constant_memory": not memory,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "use_zip64": True,  # a sheet of a million rows unfolds to more than 2 GiB
    }
    with xlsxwriter.Workbook(file, options) as book:
        yield book


class SheetWriter:
    """One sheet, from its heading down."""

    def __init__(self, book: Any, title: str, headings: Sequence[str]) -> None:
        self._sheet = book.add_worksheet(title)
        self._text = book.add_format({"num_format": "@"})
        self.rows = 0
        self._sheet.set_column(0, max(0, len(headings) - 1), WIDTH, self._text)
        self._sheet.freeze_panes(1, 1)
        head = book.add_format({"bold": True, "num_format": "@"})
        for at, heading in enumerate(headings):
            self._sheet.write_string(0, at, heading, head)

    def offer(self, column: int, choices: Sequence[str], *, rows: int) -> None:
        """A list helps and forbids nothing; Excel takes one of 255 characters."""
        if len(",".join(choices)) <= 255:
            choice = {"validate": "list", "source": [*choices], "show_error": False}
            self._sheet.data_validation(1, column, self.rows + rows, column, choice)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            self.rows += 1
            for at, cell in enumerate(row):
                if isinstance(cell, str):
                    if cell:
                        self._sheet.write_string(self.rows, at, cell[:MAX_CELL], self._text)
                elif cell is not None:
                    self._sheet.write_number(self.rows, at, cell)

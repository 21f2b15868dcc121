"""Writing the tables as a workbook. Every cell is text: none can be a formula, no number loses a zero."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from backend.core.text import in_both
from backend.directory.people_file.columns import CLEAR, COLUMNS, DEPARTMENTS, EMPLOYEES, STATUSES, TITLES, Column

WIDTH = 18
BLANK_ROWS = 5000
"""Below what is written, so many more rows offer their lists."""
ADVICE = (
    in_both(
        "每行一个部门或员工；第一行是列名，不要改动。",
        "One department or person a row; leave the headings as they are.",
    ),
    in_both(
        f"空单元格表示不修改；“{CLEAR}”表示清空。", f"An empty cell leaves what is there; “{CLEAR}” takes it away."
    ),
    in_both(
        "已有的编码或工号表示修改，其余为新增；文件中没有的不受影响。",
        "A known code or number is changed, any other is new; whatever the file does not name stays as it is.",
    ),
    in_both(
        "所有单元格均为文本格式，以保留前导零与长号码。",
        "All cells are text, so that leading zeros and long numbers stay.",
    ),
    in_both(
        "上传后先预览，确认后才生效。", "After the upload you see a preview; nothing changes before you confirm it."
    ),
)
Rows = Iterable[Sequence[str]]


def workbook(
    *,
    tables: Iterable[tuple[str, Sequence[str], Rows]],
    roles: Iterable[tuple[str, str]] = (),
) -> bytes:
    """One sheet for each `(kind, fields, rows)`, and one of notes with the codes of the roles."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        named = list(roles)
        for kind, fields, rows in tables:
            _sheet(book.add_worksheet(_title(kind)), kind, fields, rows, text, head, [code for code, _ in named])
        _notes(book.add_worksheet("说明 Notes"), head, named)
    return file.getvalue()


def _sheet(
    sheet: Any, kind: str, fields: Sequence[str], rows: Rows, text: Any, head: Any, roles: Sequence[str]
) -> None:
    columns = [one for one in COLUMNS[kind] if one.field in fields]
    sheet.set_column(0, len(columns) - 1, WIDTH, text)
    sheet.freeze_panes(1, 1)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.heading, head)
    last = 0
    for last, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if cell:
                sheet.write_string(last, at, cell, text)
    for at, column in enumerate(columns):
        if offered := _offered(kind, column, roles):
            # A list helps and forbids nothing: several roles stand in one cell, and codes may be new.
            choice = {"validate": "list", "source": offered, "show_error": False}
            sheet.data_validation(1, at, last + BLANK_ROWS, at, choice)


def _offered(kind: str, column: Column, roles: Sequence[str]) -> Any:
    codes = f"='{_title(DEPARTMENTS)}'!$A$2:$A${BLANK_ROWS}"
    match kind, column.field:
        case (str() as of, "parent") if of == DEPARTMENTS:
            return codes
        case (str() as of, "department") if of == EMPLOYEES:
            return codes
        case (_, "roles"):
            # Excel takes lists of 255 characters.
            return list(roles) if roles and len(",".join(roles)) <= 255 else None
        case (_, "status"):
            return list(STATUSES.values())
    return None


def _notes(sheet: Any, head: Any, roles: Sequence[tuple[str, str]]) -> None:
    lines: list[tuple[tuple[str, ...], bool]] = [((advice,), False) for advice in ADVICE]
    for kind, columns in COLUMNS.items():
        lines += [((), False), ((_title(kind),), True)]
        lines += [((one.heading, in_both(*one.note) if one.note[0] else ""), False) for one in columns if one.is_read]
    if roles:
        lines += [((), False), ((in_both("角色编码", "codes of roles"),), True)]
        lines += [(role, False) for role in roles]
    sheet.set_column(0, 1, 2 * WIDTH)
    for row, (cells, is_head) in enumerate(lines):
        for at, cell in enumerate(cells):
            sheet.write_string(row, at, cell, head if is_head else None)


def _title(kind: str) -> str:
    return " ".join(TITLES[kind])

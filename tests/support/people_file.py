"""Files of departments and employees, as people make them, and how a phone or a script sends them."""

import io
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from tests.support.client import BASE, Caller
from tests.support.contract import keep_to_it

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IMPORTS = "/directory/imports"
DEPARTMENTS = ["部门编码", "部门名称", "上级部门编码", "负责人工号"]
EMPLOYEES = ["工号", "姓名", "部门编码", "主管工号", "角色编码", "手机", "状态"]


def workbook(**sheets: list[list[Any]]) -> bytes:
    """Sheets by title, each a list of rows; text stays text, numbers are numbers."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})  # the same rows, the same bytes
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return file.getvalue()


def people(*rows: list[Any], headings: list[str] = EMPLOYEES) -> bytes:
    return workbook(员工=[headings, *rows])


def departments(*rows: list[Any]) -> bytes:
    return workbook(部门=[DEPARTMENTS, *rows])


def csv(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(lines).encode(encoding)


def upload(
    caller: Caller, content: bytes, *, kind: str = XLSX, name: str = "people.xlsx", to: str = IMPORTS, **query: Any
) -> Any:
    asked = "&".join(f"{key}={value}" for key, value in {"name": name, **query}.items())
    reply = caller.client.post(f"{BASE}{to}?{asked}", content, content_type=kind, headers=caller.headers)
    keep_to_it(reply)
    return reply


def rows_of(caller: Caller, import_id: str, *, of: str = IMPORTS, **query: Any) -> list[dict[str, Any]]:
    """All of them, page after page."""
    found, cursor = [], None
    while True:
        page = caller.get(f"{of}/{import_id}/rows", limit=100, cursor=cursor, **query).json()
        found += page["items"]
        if (cursor := page["next_cursor"]) is None:
            return found


def apply(caller: Caller, made: dict[str, Any], rows: str = "all", *, of: str = IMPORTS) -> Any:
    """Confirm what was seen."""
    return caller.post(f"{of}/{made['id']}/apply", {"preview": made["preview"], "rows": rows})


def previewed(caller: Caller, content: bytes, **options: Any) -> dict[tuple[str, int], dict[str, Any]]:
    """(sheet, row number) → what the preview says of it."""
    reply = upload(caller, content, **options)
    assert reply.status_code == 201, reply.content
    return {(row["sheet"], row["number"]): row for row in rows_of(caller, reply.json()["id"])}


def codes(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem["column"], problem["code"]) for problem in row["problems"]]


def taken_in(caller: Caller, content: bytes) -> dict[str, Any]:
    """Upload, confirm; the counts."""
    made = upload(caller, content).json()
    done = apply(caller, made)
    assert done.status_code == 200, (done.content, rows_of(caller, made["id"], outcome="error"))
    return done.json()["counts"]

"""Files of customers, uploaded and worked on."""

from typing import Any

from tests.support import people_file
from tests.support.client import Caller
from tests.support.people_file import workbook
from tests.support.work import run_owed

IMPORTS = "/customers/imports"
HEADINGS = ["客户编码", "客户名称", "客户等级", "电话", "负责人工号"]


def customers(*rows: list[Any], headings: list[str] = HEADINGS) -> bytes:
    return workbook(客户=[headings, *rows])


def previewed(caller: Caller, content: bytes, **options: Any) -> dict[str, Any]:
    """The import, once the job has compared it."""
    reply = people_file.upload(caller, content, to=IMPORTS, **{"name": "customers.xlsx", **options})
    assert reply.status_code == 202, reply.content
    run_owed()
    return got(caller, reply.json()["id"])


def got(caller: Caller, import_id: str) -> dict[str, Any]:
    return caller.get(f"{IMPORTS}/{import_id}").json()


def rows_of(caller: Caller, made: dict[str, Any], **query: Any) -> dict[int, dict[str, Any]]:
    """By their numbers, in the order they come."""
    return {row["number"]: row for row in people_file.rows_of(caller, made["id"], of=IMPORTS, **query)}


def apply(caller: Caller, made: dict[str, Any], rows: str = "all") -> Any:
    return people_file.apply(caller, made, rows, of=IMPORTS)


def taken_in(caller: Caller, content: bytes, rows: str = "all", **options: Any) -> dict[str, Any]:
    """Upload, confirm, work; the import at the end."""
    made = previewed(caller, content, **options)
    reply = apply(caller, made, rows)
    assert reply.status_code == 202, (reply.content, rows_of(caller, made))
    run_owed()
    return got(caller, made["id"])


def outcomes(caller: Caller, made: dict[str, Any]) -> dict[int, str]:
    return {number: row["outcome"] for number, row in rows_of(caller, made).items()}


def codes(row: dict[str, Any]) -> list[tuple[str, str]]:
    return people_file.codes(row)

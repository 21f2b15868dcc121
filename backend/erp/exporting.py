"""The listed orders as a workbook: one row for each line, the order's own fields repeated on every row."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import xlsxwriter

from backend.erp.models import Outbox

HEADINGS = (
    "订单号 Order",
    "提交时间 Submitted at",
    "客户编码 Customer",
    "客户名称 Customer name",
    "业务员工号 Salesperson",
    "要求交期 Wanted on",
    "行号 Line",
    "商品编码 Product",
    "商品名称 Product name",
    "单位 Unit",
    "数量 Quantity",
    "含税单价 Unit price",
    "税率 Tax rate",
    "含税金额 Amount",
    "币种 Currency",
    "备注 Note",
)


def workbook(outbox: Iterable[Outbox]) -> bytes:
    """An XLSX file. Everything is written as text: no cell can be a formula, no figure loses a digit."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("orders")
        sheet.freeze_panes(1, 0)
        for at, row in enumerate([HEADINGS, *_rows(outbox)]):
            for column, text in enumerate(row):
                sheet.write_string(at, column, text)
    return file.getvalue()


def _rows(outbox: Iterable[Outbox]) -> Iterator[tuple[str, ...]]:
    for message in outbox:
        order = message.payload["order"]
        for line in order["lines"]:
            yield tuple(_text(value) for value in _row(order, line))


def _row(order: dict[str, Any], line: dict[str, Any]) -> tuple[Any, ...]:
    return (
        order["number"],
        order["submitted_at"],
        order["customer"]["code"],
        order["customer"]["name"],
        order["salesperson"]["number"],
        order["requested_on"],
        line["position"],
        line["product_code"],
        line["product_name"],
        line["unit"],
        line["quantity"],
        line["unit_price"],
        line["tax_rate"],
        line["amount"],
        order["currency"],
        order["note"],
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)

import io
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from backend.erp.models import Outbox
from tests.support.orders import stored


def export(path, *more: str) -> str:
    out = io.StringIO()
    call_command("erp_export_orders", "--company", "waiqin", "--system", "k3", "--file", str(path), *more, stdout=out)
    return out.getvalue()


def table(path) -> list[list]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def test_an_order_is_sent_once_it_is_listed_and_written_once(shop, li, work, tmp_path):
    order = shop.submitted(li, "12", note="=1+1")
    work()
    assert stored(order).status == "sent"
    assert Outbox.objects.get().exported_at is None
    assert "1 orders" in export(tmp_path / "a.xlsx")
    heading, row = table(tmp_path / "a.xlsx")
    assert dict(zip(heading, row, strict=True)) | {"提交时间 Submitted at": ""} == {
        "订单号 Order": order["number"],
        "提交时间 Submitted at": "",
        "客户编码 Customer": "C1",
        "客户名称 Customer name": "联华超市",
        "业务员工号 Salesperson": "1002",
        "要求交期 Wanted on": "",
        "行号 Line": "1",
        "商品编码 Product": "P-1",
        "商品名称 Product name": "乌龙茶",
        "单位 Unit": "瓶",
        "数量 Quantity": "12",
        "含税单价 Unit price": "4.00",
        "税率 Tax rate": "0.1300",
        "含税金额 Amount": "48.00",
        "币种 Currency": "CNY",
        "备注 Note": "=1+1",
    }
    assert "0 orders" in export(tmp_path / "b.xlsx")
    assert len(table(tmp_path / "b.xlsx")) == 1
    assert "1 orders" in export(tmp_path / "c.xlsx", "--again")
    assert len(table(tmp_path / "c.xlsx")) == 2


def test_a_note_is_no_formula(shop, li, work, tmp_path):
    shop.submitted(li, note="=HYPERLINK(1)")
    work()
    export(tmp_path / "a.xlsx")
    sheet = ZipFile(tmp_path / "a.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


def test_a_file_that_cannot_be_written_marks_nothing(shop, li, work, tmp_path):
    shop.submitted(li)
    work()
    with pytest.raises(CommandError):
        export(tmp_path / "nowhere" / "a.xlsx")
    assert Outbox.objects.get().exported_at is None


def test_what_went_by_message_is_in_no_file(shop, li, erp, work, tmp_path):
    shop.submitted(li)
    work()
    assert "0 orders" in export(tmp_path / "a.xlsx")

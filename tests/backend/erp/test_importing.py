"""The same facts by file: tables as people and ERPs make them, imported as often as one likes."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from backend.core import clock, spreadsheets
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.core.spreadsheets import BadFile, ColumnMissing, FileTooLarge
from backend.erp.models import ImportFile, ImportRow, InboxMessage
from backend.erp.services.importing import import_order_events, import_stock
from backend.events.models import Event
from backend.inventory.models import Stock
from backend.orders.models import OrderEvent
from backend.orders.selectors import timeline
from tests.support.orders import stored


@pytest.fixture
def order(shop, li, work):
    order = shop.submitted(li, "12")
    work()
    return order


def csv(*rows: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(rows).encode(encoding)


def xlsx(*rows: tuple) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def take_in(shop, content: bytes, **how):
    return import_order_events(
        actor=shop.system, system=shop.erp, name="进度.csv", content=content, at=clock.now(), **how
    )


def told(order) -> list[str]:
    rows = OrderEvent.objects.filter(order_id=order["id"], source="k3").order_by("occurred_at", "id")
    return list(rows.values_list("kind", flat=True))


def reasons(imported) -> list[tuple[int, str, str]]:
    return [(row.number, row.status, row.reason) for row in imported.rows]


HEADING = "订单号,事件,发生时间,事件编号,商品编码,数量,发货单号,承运商,运单号"


def shipping(number: str) -> bytes:
    return csv(
        HEADING,
        f"{number},已确认,2026-11-20 09:00,C1,,,,,",
        f"{number},shipped,2026/11/21 10:30,S1,P-1,5,DN-1,顺丰,SF1",
        f"{number},shipped,2026/11/21 10:30,S1,P-1,7,DN-1,顺丰,SF1",
    )


class TestTables:
    def test_rows_of_one_event_are_its_lines(self, shop, order):
        imported = take_in(shop, shipping(order["number"]))
        assert (imported.applied, imported.rows) == (2, [])
        assert told(order) == ["confirmed", "shipped"]
        _, progress = timeline(actor=shop.system, order_id=order["id"])
        assert progress.shipped == {"P-1": Decimal(12)}
        (shipment,) = progress.shipments
        assert (shipment.number, shipment.carrier, shipment.tracking_number) == ("DN-1", "顺丰", "SF1")

    def test_times_are_those_of_the_company(self, shop, order):
        take_in(shop, shipping(order["number"]))
        shipped = OrderEvent.objects.get(kind="shipped")
        assert shipped.occurred_at == datetime(2026, 11, 21, 2, 30, tzinfo=UTC)

    def test_a_workbook_tells_the_same(self, shop, order):
        sheet = xlsx(
            ("Order", "Event", "Occurred at", "Event ID", "Amount", "Invoice", "Promised on", "忽略我"),
            (order["number"], "Confirmed", datetime(2026, 11, 20, 9), "C1", "", "", datetime(2026, 12, 1), "x"),
            (order["number"], "INVOICED", datetime(2026, 11, 21, 9), 4711, 48.0, 123456789012, "", ""),
        )
        imported = take_in(shop, sheet)
        assert (imported.applied, imported.rows) == (2, [])
        invoiced = OrderEvent.objects.get(kind="invoiced")
        assert (invoiced.external_id, invoiced.data) == ("4711", {"amount": "48", "invoice_number": "123456789012"})
        assert str(stored(order).promised_on) == "2026-12-01"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_in_any_common_encoding(self, shop, order, encoding):
        rows = csv("订单号,事件,发生时间,原因", f"{order['number']},已拒绝,2026-11-20,价格不符", encoding=encoding)
        take_in(shop, rows)
        assert (stored(order).status, stored(order).reason) == ("rejected", "价格不符")

    def test_without_ids_what_it_is_about_tells_events_apart(self, shop, order):
        rows = csv(
            "order_number,kind,occurred_at,reference,amount",
            f"{order['number']},paid,2026-11-20,R1,20",
            f"{order['number']},paid,2026-11-20,R2,28",
        )
        assert take_in(shop, rows).applied == 2
        assert stored(order).payment == "paid"
        assert take_in(shop, rows).applied == 0

    def test_flags_and_days_in_peoples_notations(self, shop, order):
        rows = csv(
            "订单号,事件,发生时间,预警代码,计划日期,已解除",
            f"{order['number']},预警,2026/11/20 8:05,shortage,2026/12/1,否",
        )
        take_in(shop, rows)
        assert OrderEvent.objects.get(kind="alert").data == {
            "code": "shortage",
            "planned_on": "2026-12-01",
            "resolved": False,
        }


class TestRows:
    def test_a_broken_row_is_named_and_holds_up_no_other(self, shop, order):
        number = order["number"]
        rows = csv(
            "订单号,事件,发生时间,事件编号,数量,商品编码,金额",
            f"{number},confirmed,2026-11-20,C1,,,",
            f"{number},爆炸,2026-11-20,X1,,,",
            f"{number},shipped,昨天,X2,,,",
            f"{number},shipped,2026-11-21,X3,-1,P-1,",
            ",,,,,,",
            ",shipped,2026-11-21,X4,,,",
            f"{number},paid,2026-11-21,X5,,,12.345",
            f"{number},shipped,2999-01-01,X6,,,",
            f"{number},shipped,2099-11-21,X7,,,",
            f"{number},delivered,2026-11-21,D1,,,",
        )
        imported = take_in(shop, rows)
        assert imported.applied == 2
        assert told(order) == ["confirmed", "delivered"]
        assert [(row.number, row.reason.split(" / ")[0]) for row in imported.rows] == [
            (3, "「事件」无效：爆炸"),
            (4, "「发生时间」无效：昨天"),
            (5, "「数量」无效：-1"),
            (7, "缺少「订单号」"),
            (8, "「金额」无效：12.345"),
            (9, "「发生时间」无效：2999-01-01T00:00:00+08:00"),
            (10, "时间在未来，请检查 ERP 时钟"),
        ]
        kept = ImportFile.objects.get()
        assert (kept.applied, kept.failed, kept.parked) == (2, 7, 0)
        assert list(kept.rows.order_by("number").values_list("number", flat=True)) == [3, 4, 5, 7, 8, 9, 10]

    def test_rows_of_one_event_that_contradict_each_other(self, shop, order):
        rows = csv(
            HEADING,
            f"{order['number']},shipped,2026-11-21,S1,P-1,5,DN-1,顺丰,SF1",
            f"{order['number']},shipped,2026-11-21,S1,P-1,7,DN-1,圆通,YT1",
        )
        imported = take_in(shop, rows)
        assert [(row.number, row.status) for row in imported.rows] == [(2, "failed"), (3, "failed")]
        assert told(order) == []

    def test_an_unknown_order_is_parked_and_applied_when_it_appears(self, shop, li, work):
        number = shop.coming_number
        imported = take_in(shop, shipping(number))
        assert [(row.number, row.status) for row in imported.rows] == [(2, "parked"), (3, "parked"), (4, "parked")]
        work()
        assert InboxMessage.objects.get().waiting_for == [number]
        order = shop.submitted(li, "12")
        work()
        assert (order["number"], stored(order).label) == (number, "shipped")
        assert InboxMessage.objects.get().status == "done"


class TestRepetition:
    def test_the_same_file_again_changes_nothing(self, shop, order):
        content = shipping(order["number"])
        first = take_in(shop, content)
        version = stored(order).version
        again = take_in(shop, content)
        assert (first.applied, first.unchanged) == (2, 0)
        assert (again.applied, again.unchanged) == (0, 2)
        assert Event.objects.filter(name="order.shipped").count() == 1
        assert ImportFile.objects.count() == 1
        assert stored(order).version == version

    def test_a_corrected_file_corrects(self, shop, order):
        take_in(shop, shipping(order["number"]))
        take_in(shop, shipping(order["number"]).replace(b",7,", b",6,"))
        assert stored(order).label == "part_shipped"
        assert Event.objects.filter(name="order.shipped").count() == 1
        assert Event.objects.filter(name="order.corrected").count() == 1

    def test_the_rows_of_the_latest_run_are_kept(self, shop, li, work):
        content = shipping(shop.coming_number)
        take_in(shop, content)
        assert ImportRow.objects.count() == 3
        shop.submitted(li)
        take_in(shop, content)
        assert ImportRow.objects.count() == 0

    def test_a_preview_writes_nothing(self, shop, order):
        events = Event.objects.count()
        version = stored(order).version
        content = shipping(order["number"]) + csv("", "SO-NOBODY,confirmed,2026-11-20,Z1,,,,,")
        imported = take_in(shop, content, dry_run=True)
        assert (imported.applied, [row.number for row in imported.rows]) == (2, [5])
        assert (told(order), stored(order).version, Event.objects.count()) == ([], version, events)
        assert not ImportFile.objects.exists()
        assert not InboxMessage.objects.exists()


class TestFiles:
    @pytest.mark.parametrize(
        "content",
        [
            b"\x00\x01\x02",
            b"\xff\xfe\xff",
            b"PK\x03\x04 broken",
            '订单号,事件\n"无尽的引号'.encode(),
            xlsx()[:200],
        ],
        ids=["binary", "no encoding", "no zip", "open quote", "cut off"],
    )
    def test_what_is_no_table(self, shop, content):
        with pytest.raises((BadFile, ColumnMissing)):
            take_in(shop, content)

    def test_the_missing_column_is_named(self, shop):
        with pytest.raises(ColumnMissing) as refusal:
            take_in(shop, csv("订单号,发生时间", "1,2"))
        assert refusal.value.data == {"columns": ["事件"]}

    def test_an_empty_file(self, shop):
        with pytest.raises(ColumnMissing):
            take_in(shop, b"")

    def test_too_many_rows(self, shop, monkeypatch):
        monkeypatch.setattr(spreadsheets, "MAX_ROWS", 2)
        with pytest.raises(FileTooLarge):
            take_in(shop, shipping("SO-1"))

    def test_too_many_bytes(self, shop, monkeypatch):
        monkeypatch.setattr(spreadsheets, "MAX_BYTES", 10)
        with pytest.raises(FileTooLarge):
            take_in(shop, shipping("SO-1"))

    def test_a_zip_bomb(self, shop, monkeypatch):
        monkeypatch.setattr(spreadsheets, "MAX_UNPACKED_BYTES", 1_000_000)
        bomb = io.BytesIO()
        with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
        assert len(bomb.getvalue()) < 10_000
        with pytest.raises(FileTooLarge):
            take_in(shop, bomb.getvalue())

    def test_it_takes_the_right(self, shop, cast):
        with pytest.raises(Forbidden):
            import_order_events(
                actor=cast.actor(cast.li), system=shop.erp, name="x", content=shipping("1"), at=clock.now()
            )

    def test_and_the_own_company(self, shop, cast):
        with pytest.raises(NotFound):
            import_order_events(
                actor=Actor.system(cast.acme.pk), system=shop.erp, name="x", content=shipping("1"), at=clock.now()
            )


class TestStock:
    FILE = csv("商品编码,仓库编码,现存,占用,截至", "P-1,SH,120,20,2026-11-20 08:00", "P-9,SH,1,0,2026-11-20 08:00")

    def take_in(self, shop, content=FILE, **how):
        return import_stock(actor=shop.system, system=shop.erp, name="库存.csv", content=content, at=clock.now(), **how)

    def test_known_goods_are_taken_over_and_unknown_named(self, shop):
        imported = self.take_in(shop)
        stock = Stock.objects.get()
        assert (stock.on_hand, stock.reserved, stock.as_of) == (120, 20, datetime(2026, 11, 20, tzinfo=UTC))
        assert reasons(imported) == [(3, "failed", "未知的商品或仓库 / unknown product or warehouse")]

    def test_again_changes_nothing(self, shop):
        first, again = self.take_in(shop), self.take_in(shop)
        assert (first.applied, again.applied, again.unchanged) == (1, 0, 1)

    def test_a_preview_writes_nothing(self, shop):
        assert self.take_in(shop, dry_run=True).applied == 1
        assert not Stock.objects.exists()

    def test_a_broken_figure_is_named(self, shop):
        imported = self.take_in(shop, csv("product_code,warehouse_code,on_hand", "P-1,SH,很多"))
        assert reasons(imported) == [(2, "failed", "「现存」无效：很多 / on_hand is not valid: 很多")]


class TestCommands:
    def run(self, name: str, shop, path, *more: str) -> str:
        out = io.StringIO()
        call_command(
            name, "--company", "waiqin", "--system", "k3", "--file", str(path), *more, stdout=out, stderr=io.StringIO()
        )
        return out.getvalue()

    def test_orders_are_imported_and_previewed(self, shop, order, tmp_path):
        path = tmp_path / "进度.csv"
        path.write_bytes(shipping(order["number"]))
        assert "applied 2" in self.run("erp_import_orders", shop, path, "--dry-run")
        assert told(order) == []
        assert "applied 2" in self.run("erp_import_orders", shop, path)
        assert told(order) == ["confirmed", "shipped"]
        assert "unchanged 2" in self.run("erp_import_orders", shop, path)

    def test_refused_rows_end_in_an_error(self, shop, tmp_path):
        path = tmp_path / "库存.csv"
        path.write_bytes(TestStock.FILE)
        with pytest.raises(CommandError, match="1 rows were refused"):
            self.run("erp_import_stock", shop, path)
        assert Stock.objects.count() == 1

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["--company", "nobody", "--system", "k3"], "no company"),
            (["--company", "waiqin", "--system", "sap"], "not_found"),
            (["--company", "waiqin", "--system", "k3"], "absent.csv"),
        ],
    )
    def test_what_is_not_there_is_said(self, shop, tmp_path, arguments, complaint):
        with pytest.raises(CommandError, match=complaint):
            call_command("erp_import_orders", *arguments, "--file", str(tmp_path / "absent.csv"))

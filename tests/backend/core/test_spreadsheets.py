"""What spreadsheet programs and ill-meaning people put into files."""

import io
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from backend.core import spreadsheets
from backend.core.spreadsheets import BadFile, FileTooLarge, Moment


def book(fill) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        fill(workbook.add_worksheet("表"), workbook)
    return file.getvalue()


def with_part(content: bytes, name: str, change) -> bytes:
    out = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return out.getvalue()


def test_a_merged_area_says_the_same_in_every_cell_and_a_date_stays_one():
    def fill(sheet, workbook):
        sheet.merge_range(0, 0, 2, 0, "华东区")
        sheet.write_number(0, 1, 13800138000)
        sheet.write_number(1, 1, 46082, workbook.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_formula(2, 1, '="1"&"2"', None, "12")

    (sheet,) = spreadsheets.sheets(book(fill))
    assert [row[0] for row in sheet.rows] == ["华东区"] * 3
    assert [spreadsheets.text_of(row[1]) for row in sheet.rows] == ["13800138000", "2026-03-01", "12"]
    assert isinstance(sheet.rows[1][1], Moment)


def test_two_cells_at_opposite_corners_take_no_memory_of_ours():
    corners = book(lambda sheet, _: (sheet.write(0, 0, "a"), sheet.write(99_999, 16_383, "b")))
    assert len(corners) < 10_000
    with pytest.raises(BadFile):
        spreadsheets.sheets(corners)


def test_too_many_rows_are_not_even_unfolded():
    with pytest.raises(FileTooLarge):
        spreadsheets.sheets(book(lambda sheet, _: (sheet.write(0, 0, "a"), sheet.write(1_048_575, 1, "b"))))


@pytest.mark.slow
def test_one_long_text_named_a_hundred_thousand_times():
    many = book(lambda sheet, _: [sheet.write(row, 0, "wwwww") for row in range(100_000)])
    bomb = with_part(many, "xl/sharedStrings.xml", lambda xml: xml.replace(b"wwwww", b"w" * 30_000))
    assert len(bomb) < 1_000_000
    with pytest.raises((BadFile, FileTooLarge)):
        spreadsheets.sheets(bomb)


def test_entities_are_not_expanded():
    laughing = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    plain = book(lambda sheet, _: sheet.write(0, 0, "zz"))
    bomb = with_part(
        plain, "xl/sharedStrings.xml", lambda xml: laughing + xml.split(b"?>", 1)[1].replace(b"zz", b"&b;")
    )
    with pytest.raises(BadFile):
        spreadsheets.sheets(bomb)

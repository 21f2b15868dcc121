import io
import struct
import time
import zipfile

import pytest

from backend.files.rules import KINDS, Reason, Refused, check_content
from tests.support.pictures import FORMATS, picture

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
XML = '<?xml version="1.0" encoding="UTF-8"?><EInvoice><Buyer>外勤公司</Buyer></EInvoice>'.encode()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "<ofd/>")
    return out.getvalue()


def crowded(number: int, *, large: bool = False) -> bytes:
    """As an archive of so many entries ends; only one of them has content."""
    whole = archive("a")
    at = whole.index(b"PK\x01\x02")
    entry, end = whole[at:-22], bytearray(whole[-22:])
    entries = entry * number
    struct.pack_into("<HHLL", end, 8, 1, 1, len(entries), at)
    if large:
        record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, number, number, len(entries), at)
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, at + len(entries), 1)
        struct.pack_into("<HHLL", end, 8, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        entries += record + locator
    return whole[:at] + entries + bytes(end)


def refused(content_type: str, content: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        check_content(content_type, content)
    return caught.value.reason


@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_is_what_it_claims(content_type):
    check_content(content_type, picture(content_type))


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/pdf", PDF),
        ("application/ofd", archive("OFD.xml", "Doc_0/Document.xml")),
        ("application/xml", XML),
        ("application/xml", b"\xef\xbb\xbf\n" + XML),
    ],
)
def test_an_invoice_is_what_it_claims(content_type, content):
    check_content(content_type, content)


@pytest.mark.parametrize("declared", KINDS)
@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"MZ\x90\x00\x03",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00",
        b"GIF89a\x01\x00\x01\x00",
        b"",
    ],
    ids=["html", "svg", "exe", "avif", "gif", "nothing"],
)
def test_something_else_is_refused_under_every_name(declared, content):
    assert refused(declared, content) is Reason.TYPE_MISMATCH


@pytest.mark.parametrize("declared", FORMATS)
def test_one_kind_of_picture_is_not_another(declared):
    other = "image/png" if declared == "image/jpeg" else "image/jpeg"
    assert refused(declared, picture(other)) is Reason.TYPE_MISMATCH


@pytest.mark.parametrize(
    "stowaway",
    [
        b"<html><body>hello</body></html>",
        b"<SCRIPT src=//evil>",
        b"<!DocType HTML>",
        b"<?php system($_GET['c']);",
        b"<iframe src=x>",
        archive("evil.class"),
    ],
    ids=["html", "script", "doctype", "php", "iframe", "jar"],
)
@pytest.mark.parametrize("content_type", FORMATS)
def test_a_picture_that_is_something_else_besides_is_refused(content_type, stowaway):
    assert refused(content_type, picture(content_type) + stowaway) is Reason.HIDDEN_CONTENT


@pytest.mark.parametrize("large", [False, True])
def test_a_crowd_of_entries_costs_no_time(large):
    """As many as a film or a document may hold; listing them took half a minute and 500 MB."""
    film = b"\0\0\0\x18ftypmp42" + crowded(1_000_000, large=large)
    crowd = crowded(200_000, large=large)
    started = time.process_time()
    assert refused("video/mp4", film) is Reason.HIDDEN_CONTENT
    assert refused("application/ofd", crowd) is Reason.TYPE_MISMATCH
    assert time.process_time() - started < 1
    assert zipfile.ZipFile(io.BytesIO(crowded(3, large=large))).namelist() == ["a"] * 3  # it is one
    assert refused("video/mp4", film[:16] + crowded(1, large=large)) is Reason.HIDDEN_CONTENT
    assert refused("video/mp4", film[:16] + archive("a")[:-2] + b"\5\0hello") is Reason.HIDDEN_CONTENT  # a comment


def test_a_pdf_inside_the_head_of_a_picture_is_refused():
    assert refused("image/jpeg", picture(comment=b"%PDF-1.4 1 0 obj")) is Reason.HIDDEN_CONTENT


def test_an_archive_behind_a_pdf_is_refused():
    assert refused("application/pdf", PDF + archive("evil.class")) is Reason.HIDDEN_CONTENT


def test_the_moving_picture_that_phones_append_is_no_reason_to_refuse():
    check_content("image/jpeg", picture() + b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40)


@pytest.mark.parametrize(
    "content",
    [archive("word/document.xml"), b"PK\x03\x04 cut short", archive("OFD.xml")[:-10]],
    ids=["docx", "no directory", "cut"],
)
def test_an_archive_without_a_document_is_no_ofd(content):
    assert refused("application/ofd", content) is Reason.TYPE_MISMATCH


def test_an_xml_that_defines_entities_is_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'
    assert refused("application/xml", bomb) is Reason.HIDDEN_CONTENT

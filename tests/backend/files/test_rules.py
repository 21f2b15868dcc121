import io
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

"""Voice notes and short films: what phones record, kept as it is, played in stretches, and hung on a visit."""

import io
import random
import wave
from uuid import uuid4

import pytest
from django.test import Client

from backend.events.models import Event
from backend.files import rules
from backend.files.models import Attachment
from backend.files.rules import KINDS, Reason, Refused, check_content
from tests.support.files import declaration, declaration_in_parts, fetch, pieces, put, uploaded
from tests.support.visits import new_visit

NOISE = random.Random(3).randbytes(300_000)


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def boxes(brand: bytes) -> bytes:
    """An MP4 of the right build, its samples as good as chance."""
    head = box(b"ftyp", brand + b"\0\0\2\0" + brand + b"isom")
    return head + box(b"moov", box(b"mvhd", b"\0" * 100)) + box(b"mdat", NOISE)


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(NOISE)
    return out.getvalue()


RECORDINGS = {
    "audio/amr": b"#!AMR\n" + NOISE,
    "audio/aac": b"\xff\xf1\x50\x80" + NOISE,
    "audio/mp4": boxes(b"M4A "),
    "audio/mpeg": b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\x64" + NOISE,
    "audio/wav": wav(),
    "video/mp4": boxes(b"mp42"),
    "video/quicktime": boxes(b"qt  "),
}
FILM = RECORDINGS["video/mp4"]


def verdict(content_type: str, content: bytes) -> Reason | None:
    try:
        check_content(content_type, content)
    except Refused as refusal:
        return refusal.reason
    return None


def test_each_kind_is_told_by_how_it_begins():
    assert set(RECORDINGS) == {name for name, kind in KINDS.items() if kind.plays}
    shared = {"audio/mp4", "video/mp4"}
    for name, content in RECORDINGS.items():
        taken = {other for other in KINDS if verdict(other, content) is None}
        assert name in taken
        assert taken <= {name, *shared}
    assert verdict("audio/mpeg", b"\xff\xfb\x90\x64" + NOISE) is None
    assert verdict("audio/mpeg", b"\xff\xfe<\0h\0t\0m\0l\0>\0") is Reason.TYPE_MISMATCH  # a page in UTF-16


@pytest.mark.parametrize("stowaway", [b"<script src=//evil>", b"<!DOCTYPE html>", b"<?php system($_GET['c']);"])
def test_what_is_something_else_besides_is_refused(stowaway):
    for name, content in RECORDINGS.items():
        assert verdict(name, content[:40] + stowaway + content[40:]) is Reason.HIDDEN_CONTENT
        assert verdict(name, content + stowaway) is Reason.HIDDEN_CONTENT


def test_chance_is_no_reason_to_refuse():
    """In the middle of compressed data anything occurs in time, and so does the end mark of an archive."""
    middle = box(b"mdat", NOISE + b"<html>" + b"PK\x05\x06" + NOISE)
    assert verdict("video/mp4", boxes(b"isom") + middle) is None
    assert verdict("video/mp4", boxes(b"isom") + box(b"free", b"PK\x05\x06" + NOISE[:500])) is None


@pytest.mark.usefixtures("media_root")
class TestOnAVisit:
    def test_they_go_the_whole_way_and_play_in_stretches(self, api, cast, work):
        caller = api(cast.li)
        visit = new_visit(caller)
        declared = caller.post(
            "/files", declaration_in_parts(FILM, purpose="visit_media", type="video/mp4", name="门头.mp4")
        ).json()
        for part, piece in zip(declared["parts"], pieces(FILM), strict=True):
            assert put(part["upload"], piece) == 204
        caller.post(f"/files/{declared['id']}/complete")
        path = f"/visits/{visit['id']}"
        replies = [caller.post(f"{path}/photos", {"file_id": declared["id"], "tag": "录像"}) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [201, 200], replies[0].content
        work()
        [shown] = caller.get(path).json()["photos"]
        assert (shown["type"], shown["status"], shown["name"]) == ("video/mp4", "ready", "门头.mp4")
        found = caller.get(f"/files/{declared['id']}").json()
        assert (found["width"], found["links"]["thumbnail"], found["links"]["display"]) == (None, None, None)
        assert not Event.objects.filter(name="file.captioned").exists()
        url = found["links"]["original"]
        content, headers = fetch(url)
        assert content == FILM
        assert (headers["Content-Type"], headers["Accept-Ranges"]) == ("video/mp4", "bytes")
        assert headers["Content-Disposition"].startswith("inline")

        size = len(FILM)
        for asked, start, end in (
            ("bytes=0-", 0, size),
            ("bytes=0-0", 0, 1),
            ("bytes=100-70099", 100, 70_100),
            (f"bytes={size - 1}-{size + 50}", size - 1, size),
            ("bytes=-500", size - 500, size),
            (f"bytes=-{size + 9}", 0, size),
        ):
            reply = Client().get(url, headers={"Range": asked})
            assert (reply.status_code, b"".join(reply.streaming_content)) == (206, FILM[start:end]), asked
            assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
            assert reply.headers["Content-Length"] == str(end - start)
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
        for asked in (f"bytes={size}-", "bytes=5-4", "bytes=-0"):
            reply = Client().get(url, headers={"Range": asked})
            assert (reply.status_code, reply.json()["code"]) == (416, "range_not_satisfiable"), asked
            assert reply.headers["Content-Range"] == f"bytes */{size}"
        for asked in ("bytes=-", "bytes=0-1,5-6", "bytes=a-b", "pages=1-2", ""):
            reply = Client().get(url, headers={"Range": asked})
            assert (reply.status_code, b"".join(reply.streaming_content)) == (200, FILM), asked
        for state, status in ((headers["ETag"], 206), ('"another"', 200)):
            reply = Client().get(url, headers={"Range": "bytes=1-2", "If-Range": state})
            assert (reply.status_code, len(b"".join(reply.streaming_content))) == (status, 2 if status == 206 else size)

    def test_the_place_goes_out_on_arrival_and_all_who_see_the_visit_play_it(self, api, cast, work):
        caller = api(cast.li)
        visit = new_visit(caller)
        place = b"+31.2304+121.4737+004.231/"
        film = boxes(b"mp42") + box(b"free", place)
        file = uploaded(caller, film, purpose="visit_media", type="video/mp4")["id"]
        assert caller.post(f"/visits/{visit['id']}/photos", {"file_id": file}).status_code == 201
        caller.post(f"/visits/{visit['id']}/companions", {"employee_ids": [str(cast.zhao.pk)]})
        work()
        for seer in (caller, api(cast.zhao)):
            found = seer.get(f"/files/{file}").json()
            assert fetch(found["links"]["original"])[0] == film.replace(place, b"0" * len(place))
            assert found["place_removed_at"] is not None

        stubborn = boxes(b"mp42") + box(b"\xa9xyz", b"\0\x11\x15\xc7" + b"31.2304, 121.4737")
        file = uploaded(caller, stubborn, purpose="visit_media", type="video/mp4")["id"]
        assert caller.post(f"/visits/{visit['id']}/photos", {"file_id": file}).status_code == 201
        work()
        assert caller.get(f"/files/{file}").json()["links"]["original"] is not None
        kept = api(cast.zhao).get(f"/files/{file}").json()
        assert (kept["place_removed_at"], kept["links"]["original"]) == (None, None)

    def test_a_document_is_nothing_to_play_or_to_see(self, api, cast, work):
        caller = api(cast.li)
        visit = new_visit(caller)
        file = uploaded(caller, b"%PDF-1.7\n%%EOF\n", purpose="other", type="application/pdf", name="a.pdf")
        refused = uploaded(caller, b"<html></html>" * 9, purpose="visit_media", type="audio/amr", name="a.amr")
        work()
        for each in (file, refused):
            reply = caller.post(f"/visits/{visit['id']}/photos", {"file_id": each["id"]})
            assert (reply.status_code, reply.json()["code"]) == (409, "file_takes_no_caption")
        assert caller.get(f"/visits/{visit['id']}").json()["photos"] == []

    def test_what_a_purpose_does_not_take_and_what_is_too_large(self, api, cast):
        most = rules.KINDS["video/mp4"].max_bytes
        film = declaration(FILM, type="video/mp4", purpose="visit_media")
        for change, code in (
            ({"purpose": "visit_photo"}, "file_type_not_taken"),
            ({"purpose": "invoice"}, "file_type_not_taken"),
            ({"type": "image/jpeg"}, "file_type_not_taken"),
            ({"type": "application/pdf"}, "file_type_not_taken"),
            ({"size": most + 1}, "file_too_large"),
            ({"type": "audio/amr", "size": 10 * 1024 * 1024 + 1}, "file_too_large"),
        ):
            reply = api(cast.li).post("/files", film | change)
            assert (reply.status_code, reply.json()["code"]) == (422, code), change
        assert not Attachment.objects.exists()
        largest = film | {"size": most, "parts": ["0" * 64] * 100, "id": str(uuid4())}
        assert len(api(cast.li).post("/files", largest).json()["parts"]) == 100

import io
import os
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from PIL import Image

from backend.core import clock
from backend.documents.once import fingerprint
from backend.events.models import Event
from backend.files.models import Attachment, FileJob
from backend.files.selectors import links
from backend.visits.models import Visit
from mobile_api.api import api as the_api
from tests.support.client import Caller, access_token
from tests.support.files import declaration, fetch, put, uploaded
from tests.support.pictures import encoded, exif, picture
from tests.support.visits import new_visit

PHOTO = picture(exif=exif())
PDF = b"%PDF-1.7\n%%EOF\n"

pytestmark = pytest.mark.usefixtures("media_root")


def events_of(file_id) -> list[str]:
    return list(Event.objects.filter(subject_id=file_id).order_by("id").values_list("name", flat=True))


def changed(url: str, **query: object) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | query)))


@pytest.fixture
def ready(api, cast, work):
    file = uploaded(api(cast.li), PHOTO)
    work()
    return api(cast.li).get(f"/files/{file['id']}").json()


class TestDeclaring:
    def test_answers_where_to_put_the_bytes(self, api, cast):
        reply = api(cast.li).post("/files", declaration(PHOTO))
        assert reply.status_code == 201, reply.content
        file = reply.json()
        assert (file["status"], file["size"], file["links"]) == ("declared", len(PHOTO), None)
        assert file["upload"]["method"] == "PUT"
        assert file["upload"]["headers"] == {"Content-Type": "image/jpeg"}
        assert events_of(file["id"]) == ["file.declared"]

    def test_again_after_a_lost_reply_gives_the_same_file_and_a_working_target(self, api, cast):
        body = declaration(PHOTO, id=str(uuid4()))
        first = api(cast.li).post("/files", body)
        again = api(cast.li).post("/files", body | {"sha256": body["sha256"].upper()})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["id"] == first.json()["id"] == body["id"]
        assert put(again.json()["upload"], PHOTO) == 204
        assert Attachment.objects.count() == 1
        assert events_of(body["id"]) == ["file.declared"]

    def test_again_after_an_upgrade_from_when_files_had_no_parts(self, api, cast):
        """A phone without a network keeps its declaration for days."""
        body = declaration(PHOTO, id=str(uuid4()))
        api(cast.li).post("/files", body)
        told = {name: body[name] for name in ("name", "size", "sha256", "purpose")} | {"content_type": body["type"]}
        Attachment.objects.update(created_from=fingerprint(told))
        assert api(cast.li).post("/files", body).status_code == 200

    def test_other_content_under_the_same_id_is_refused(self, api, cast):
        body = declaration(PHOTO, id=str(uuid4()))
        api(cast.li).post("/files", body)
        for caller, other in ((cast.li, body | {"name": "另一张.jpg"}), (cast.zhao, body), (cast.sun, body)):
            reply = api(caller).post("/files", other)
            assert (reply.status_code, reply.json()["code"]) == (409, "id_reused")
        assert Attachment.objects.get().owner == cast.li

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"type": "application/pdf"}, "file_type_not_taken"),
            ({"size": 20 * 1024 * 1024 + 1}, "file_too_large"),
            ({"purpose": "invoice", "type": "application/pdf", "size": 10 * 1024 * 1024 + 1}, "file_too_large"),
            ({"type": "image/svg+xml"}, "invalid"),
            ({"type": "text/html"}, "invalid"),
            ({"size": 0}, "invalid"),
            ({"size": "12"}, "invalid"),
            ({"size": True}, "invalid"),
            ({"sha256": "abc"}, "invalid"),
            ({"sha256": "g" * 64}, "invalid"),
            ({"purpose": "avatar"}, "invalid"),
            ({"name": ""}, "invalid"),
            ({"name": "../../etc/passwd"}, "invalid"),
            ({"name": "c:\\boot.ini"}, "invalid"),
            ({"name": "a\r\nSet-Cookie: x=1.jpg"}, "invalid"),
            ({"name": "photo\u202egpj.exe"}, "invalid"),
            ({"name": "长" * 129}, "invalid"),
            ({"id": "not-an-id"}, "invalid"),
            ({"status": "ready"}, "invalid"),
        ],
        ids=str,
    )
    def test_what_cannot_be_taken_is_refused_at_once(self, api, cast, change, code):
        reply = api(cast.li).post("/files", declaration(PHOTO, **change))
        assert (reply.status_code, reply.json()["code"]) == (422, code), reply.content
        assert not Attachment.objects.exists()
        assert not FileJob.objects.exists()

    def test_the_limits_themselves_are_allowed(self, api, cast):
        photo = declaration(PHOTO, size=20 * 1024 * 1024)
        invoice = declaration(PDF, purpose="invoice", type="application/pdf", size=10 * 1024 * 1024)
        assert api(cast.li).post("/files", photo).status_code == 201
        assert api(cast.li).post("/files", invoice).status_code == 201


class TestPutting:
    @pytest.fixture
    def declared(self, api, cast):
        return api(cast.li).post("/files", declaration(PHOTO)).json()

    @pytest.mark.parametrize(
        ("content", "headers", "code"),
        [
            (PHOTO + b"x", {}, "size_mismatch"),
            (PHOTO[:-1], {}, "size_mismatch"),
            (b"", {}, "size_mismatch"),
            (PHOTO[:-1] + b"x", {}, "checksum_mismatch"),
            (PHOTO, {"Content-Type": "text/html"}, "type_mismatch"),
        ],
        ids=["longer", "shorter", "empty", "other bytes", "other type"],
    )
    def test_only_what_was_declared_is_kept(self, api, cast, declared, media_root, content, headers, code):
        target = declared["upload"]
        kind = (target["headers"] | headers)["Content-Type"]
        reply = Client().put(target["url"], content, content_type=kind)
        assert (reply.status_code, reply.json()["code"]) == (422, code)
        assert not [path for path in media_root.rglob("*") if path.is_file()]
        missing = api(cast.li).post(f"/files/{declared['id']}/complete")
        assert (missing.status_code, missing.json()["code"]) == (409, "upload_missing")
        assert put(target, PHOTO) == 204  # and the right bytes still may come

    def test_a_body_larger_than_django_would_hold_in_memory(self, api, cast, work, settings):
        noise = Image.frombytes("RGB", (1000, 1000), os.urandom(3_000_000))
        content = encoded(noise, "image/png")
        assert len(content) > 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        file = uploaded(api(cast.li), content, type="image/png")
        work()
        assert fetch(api(cast.li).get(f"/files/{file['id']}").json()["links"]["original"])[0] == content

    def test_any_number_of_times(self, api, cast, declared, work):
        assert [put(declared["upload"], PHOTO) for _ in range(2)] == [204, 204]
        api(cast.li).post(f"/files/{declared['id']}/complete")
        assert put(declared["upload"], PHOTO) == 204
        work()
        assert put(declared["upload"], b"something else") == 204  # not even read any more
        found = api(cast.li).get(f"/files/{declared['id']}").json()
        assert fetch(found["links"]["original"])[0] == PHOTO

    def test_an_address_that_expired(self, declared, media_root):
        with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
            reply = Client().put(declared["upload"]["url"], PHOTO, content_type="image/jpeg")
        assert (reply.status_code, reply.json()["code"]) == (403, "link_expired")
        assert not media_root.exists()

    def test_an_address_that_was_tampered_with(self, api, cast, declared, media_root):
        url = declared["upload"]["url"]
        other = api(cast.li).post("/files", declaration(PHOTO)).json()["id"]
        forged = [
            changed(url, expires=9_999_999_999),
            changed(url, signature="AAAA"),
            changed(url, signature=""),
            changed(url, expires="soon"),
            changed(url, variant="original"),
            url.replace(declared["id"], other),
            url.replace(declared["id"], str(uuid4())),
            url.partition("?")[0],
        ]
        for address in forged:
            reply = Client().put(address, PHOTO, content_type="image/jpeg")
            assert (reply.status_code, reply.json()["code"]) == (403, "link_invalid"), address
        assert Client().get(url).json()["code"] == "link_invalid"  # a right to put is no right to get
        assert not media_root.exists()

    def test_a_disk_that_is_full(self, api, cast, declared, media_root):
        media_root.write_text("a file where the folder should be")  # every write fails, whoever runs the tests
        reply = Client().put(declared["upload"]["url"], PHOTO, content_type="image/jpeg")
        assert (reply.status_code, reply.json()["code"]) == (503, "storage_unavailable")
        assert reply.headers["Retry-After"] == "30"
        media_root.unlink()
        assert put(declared["upload"], PHOTO) == 204


class TestCompleting:
    def test_leads_to_a_verified_picture(self, api, cast, work):
        file = uploaded(api(cast.li), PHOTO)
        assert (file["status"], file["links"]) == ("uploaded", None)
        work()
        reply = api(cast.li).post(f"/files/{file['id']}/complete")
        assert reply.status_code == 200
        found = reply.json()
        assert (found["status"], found["reason"]) == ("ready", "")
        assert (found["width"], found["height"]) == (400, 300)
        assert found["taken_at"] == "2026-11-22T02:30:00+00:00"
        assert events_of(file["id"]) == ["file.declared", "file.uploaded", "file.ready"]
        event = Event.objects.get(subject_id=file["id"], name="file.ready")
        assert event.data == {"name": "门店照片.jpg", "reason": ""}

    def test_twice_is_once(self, api, cast, work):
        file = uploaded(api(cast.li), PHOTO)
        again = api(cast.li).post(f"/files/{file['id']}/complete")
        assert (again.status_code, again.json()) == (202, file)
        assert FileJob.objects.filter(attachment_id=file["id"], revision=1).count() == 1
        work()
        assert events_of(file["id"]).count("file.ready") == 1

    @pytest.mark.parametrize(
        ("content", "declared", "reason"),
        [
            (b"<html><script>alert(1)</script></html>", {}, "type_mismatch"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", {"type": "image/png"}, "type_mismatch"),
            (PHOTO + b"<script>alert(1)</script>", {}, "hidden_content"),
            (PHOTO[:-500], {}, "image_damaged"),
            (PDF, {"purpose": "invoice", "type": "application/ofd", "name": "发票.ofd"}, "type_mismatch"),
        ],
        ids=["html", "svg", "polyglot", "truncated", "pdf as ofd"],
    )
    def test_a_file_that_lies_is_refused_with_its_reason(self, api, cast, work, media_root, content, declared, reason):
        file = uploaded(api(cast.li), content, **declared)
        work()
        found = api(cast.li).get(f"/files/{file['id']}").json()
        assert (found["status"], found["reason"], found["links"]) == ("refused", reason, None)
        event = Event.objects.get(subject_id=file["id"], name="file.refused")
        assert event.data == {"name": found["name"], "reason": reason}
        assert "file.ready" not in events_of(file["id"])
        assert not [path for path in media_root.rglob("*") if path.is_file()]

    def test_an_upload_that_never_comes_is_given_up(self, api, cast, work):
        file = api(cast.li).post("/files", declaration(PHOTO)).json()
        assert work() == 0
        job = FileJob.objects.get(attachment_id=file["id"])
        assert timedelta(hours=71) < job.due_at - clock.now() <= timedelta(hours=72)
        with time_machine.travel(clock.now() + timedelta(hours=72)):
            work()
        found = Attachment.objects.get(pk=file["id"])
        assert (found.status, found.reason) == ("refused", "upload_expired")
        assert events_of(file["id"]) == ["file.declared", "file.refused"]

    def test_a_finished_upload_is_never_given_up(self, ready, work):
        with time_machine.travel(clock.now() + timedelta(days=8)):
            assert work() == 1
        assert Attachment.objects.get(pk=ready["id"]).status == "ready"


class TestShowing:
    def test_links_work_without_a_token(self, ready):
        original, headers = fetch(ready["links"]["original"])
        assert original == PHOTO
        assert headers["Content-Type"] == "image/jpeg"
        assert headers["Content-Length"] == str(len(PHOTO))
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["Content-Disposition"].startswith("inline; filename*=utf-8''%E9%97%A8")
        for name, form, side in (("thumbnail", "webp", 320), ("display", "jpeg", 400)):
            content, headers = fetch(ready["links"][name])
            shown = Image.open(io.BytesIO(content))
            assert (headers["Content-Type"], shown.format, max(shown.size)) == (f"image/{form}", form.upper(), side)
            assert not dict(shown.getexif())

    def test_a_document_is_saved_under_its_chinese_name(self, api, cast, work):
        file = uploaded(api(cast.li), PDF, name="发票 3月.pdf", purpose="invoice", type="application/pdf")
        work()
        found = api(cast.li).get(f"/files/{file['id']}").json()["links"]
        assert (found["thumbnail"], found["display"]) == (None, None)
        content, headers = fetch(found["original"])
        assert content == PDF
        assert headers["Content-Type"] == "application/pdf"
        assert headers["Content-Disposition"] == "attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8%203%E6%9C%88.pdf"

    def test_a_link_that_expired_or_was_forged(self, ready):
        url = ready["links"]["thumbnail"]
        with time_machine.travel(clock.now() + timedelta(minutes=31)):
            late = Client().get(url)
        assert (late.status_code, late.json()["code"]) == (403, "link_expired")
        for forged in (changed(url, variant="original"), changed(url, expires=9_999_999_999), url[:-3]):
            reply = Client().get(forged)
            assert (reply.status_code, reply.json()["code"]) == (403, "link_invalid")

    def test_a_genuine_link_to_what_is_no_longer_there(self, ready):
        Attachment.objects.filter(pk=ready["id"]).update(deleted_at=clock.now())
        reply = Client().get(ready["links"]["original"])
        assert (reply.status_code, reply.json()["code"]) == (404, "not_found")

    def test_links_last_at_least_a_quarter_of_an_hour_and_stay_the_same_for_a_while(self, api, cast, ready):
        noon = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        seen = []
        for seconds in (0, 14 * 60 + 59):
            with time_machine.travel(noon + timedelta(seconds=seconds), tick=False):
                made = links(Attachment.objects.get(pk=ready["id"]), at=clock.now())
                assert made.expires_at - clock.now() >= timedelta(minutes=15)
                seen.append(made)
        assert seen[0] == seen[1]

    def test_a_phone_that_holds_it_already_is_told_so(self, api, cast, ready, django_assert_max_num_queries):
        with time_machine.travel(clock.now().replace(minute=1), tick=False):
            caller = Caller(access_token(cast.li))
            etag = caller.get(f"/files/{ready['id']}").headers["ETag"]
            with django_assert_max_num_queries(3):
                again = caller.client.get(
                    f"/api/v1/files/{ready['id']}", headers=caller.headers | {"If-None-Match": etag}
                )
        assert again.status_code == 304

    def test_costs_few_queries(self, api, cast, ready, django_assert_max_num_queries):
        caller = api(cast.li)
        caller.get(f"/files/{ready['id']}")
        with django_assert_max_num_queries(4):
            assert caller.get(f"/files/{ready['id']}").status_code == 200

    def test_the_same_bytes_again_are_noticed_within_the_company(self, api, cast, work, ready):
        assert ready["duplicate"] is False
        mine = uploaded(api(cast.zhao), PHOTO)
        theirs = uploaded(api(cast.sun), PHOTO)
        other = uploaded(api(cast.li), picture(seed=3))
        assert mine["duplicate"] is False  # nothing is said before he has proved that he holds the bytes
        work()
        assert api(cast.zhao).get(f"/files/{mine['id']}").json()["duplicate"] is True
        assert api(cast.sun).get(f"/files/{theirs['id']}").json()["duplicate"] is False
        assert api(cast.li).get(f"/files/{other['id']}").json()["duplicate"] is False


class TestStrangers:
    @pytest.mark.parametrize("who", ["zhao", "sun"])
    def test_see_nothing_and_change_nothing(self, api, cast, who):
        file = api(cast.li).post("/files", declaration(PHOTO)).json()
        put(file["upload"], PHOTO)
        before = Attachment.objects.get(pk=file["id"]).version
        stranger = api(cast.everybody[who])
        for reply in (stranger.get(f"/files/{file['id']}"), stranger.post(f"/files/{file['id']}/complete")):
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
        found = Attachment.objects.get(pk=file["id"])
        assert (found.status, found.version) == ("declared", before)
        assert events_of(file["id"]) == ["file.declared"]

    def test_a_superior_sees_but_does_not_fill(self, api, cast):
        file = api(cast.li).post("/files", declaration(PHOTO)).json()
        put(file["upload"], PHOTO)
        assert api(cast.han).get(f"/files/{file['id']}").status_code == 200
        reply = api(cast.han).post(f"/files/{file['id']}/complete")
        assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
        assert Attachment.objects.get(pk=file["id"]).status == "declared"

    def test_who_is_shown_the_visit_sees_its_photo_as_long_as_he_sees_the_visit(self, api, cast, ready):
        visit = new_visit(api(cast.li))
        assert api(cast.li).post(f"/visits/{visit['id']}/photos", {"file_id": ready["id"]}).status_code == 201
        path = f"/files/{ready['id']}"
        assert api(cast.zhao).get(path).status_code == 404
        Visit.objects.get().show_to([cast.zhao.pk, cast.sun.pk])
        seen = api(cast.zhao).get(path)
        assert (seen.status_code, seen.json()["id"]) == (200, ready["id"])
        assert api(cast.zhao).post(f"{path}/complete").json()["code"] == "forbidden"
        assert api(cast.zhao).get(f"{path}/upload").json()["code"] == "forbidden"
        assert api(cast.sun).get(path).status_code == 404  # of another company, whatever a row says
        Visit.objects.update(deleted_at=clock.now())
        assert api(cast.zhao).get(path).status_code == 404
        assert api(cast.li).get(path).status_code == 200

    def test_without_a_token(self, api, cast, ready):
        for reply in (
            api(None).post("/files", declaration(PHOTO)),
            api(None).get(f"/files/{ready['id']}"),
            api(None).post(f"/files/{ready['id']}/complete"),
        ):
            assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")

    def test_what_is_nowhere(self, api, cast):
        for reply in (api(cast.li).get(f"/files/{uuid4()}"), api(cast.li).post(f"/files/{uuid4()}/complete")):
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_the_contract_tells_how_bytes_are_sent_and_fetched():
    content = the_api.get_openapi_schema()["paths"]["/api/v1/files/{file_id}/content"]
    binary = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    assert content["put"]["requestBody"] == {"required": True, "content": binary}
    assert content["get"]["responses"][200]["content"] == binary
    for operation in content.values():
        assert {"SignedLink": []} in operation["security"]
        assert {"403", "404", "503"} <= set(map(str, operation["responses"]))

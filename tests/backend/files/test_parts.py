"""A file that comes in parts, on both storages: whatever breaks, only what was under way is sent again."""

import random
import socket
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from PIL import Image

from backend.core import clock
from backend.events.models import Event
from backend.files import keys
from backend.files.models import Attachment, FileJob
from backend.files.rules import PART_BYTES, part_sizes
from tests.support.files import declaration, declaration_in_parts, fetch, pieces, put
from tests.support.pictures import encoded

LARGE = encoded(Image.frombytes("RGB", (640, 640), random.Random(5).randbytes(640 * 640 * 3)), "image/png")
PIECES = pieces(LARGE)
DECLARED = declaration_in_parts(LARGE, type="image/png", name="门头.png")


@pytest.fixture
def declared(api, cast, store):
    reply = api(cast.li).post("/files", DECLARED)
    assert reply.status_code == 201, reply.content
    return reply.json()


def arrived(caller, file) -> list[int]:
    found = caller.get(f"/files/{file['id']}/upload").json()
    return [part["number"] for part in found["parts"] if part["upload"] is None]


def send(part, content=None) -> int:
    return put(part["upload"], PIECES[part["number"] - 1] if content is None else content)


def refused(reply, status: int, code: str) -> dict:
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.content
    return reply.json()


def test_the_sizes_of_parts_add_up():
    for size in (1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 1):
        parts = part_sizes(size)
        assert sum(parts) == size
        assert set(parts[:-1]) <= {PART_BYTES}
        assert 1 <= parts[-1] <= PART_BYTES


def test_parts_in_any_order_become_the_file(api, cast, store, declared, work):
    caller, path = api(cast.li), f"/files/{declared['id']}"
    assert (declared["upload"], len(declared["parts"])) == (None, 3)
    assert [(part["offset"], part["size"]) for part in declared["parts"]] == [
        (number * PART_BYTES, len(piece)) for number, piece in enumerate(PIECES)
    ]
    one, two, three = declared["parts"]
    assert {send(three), send(one)} <= {200, 204}
    assert arrived(caller, declared) == [1, 3]
    for _ in range(2):
        assert refused(caller.post(f"{path}/complete"), 409, "parts_missing")["missing"] == [2]
    assert arrived(caller, declared) == [1, 3]
    send(one)  # its reply was lost
    send(two)
    replies = [caller.post(f"{path}/complete") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 202]
    assert FileJob.objects.filter(attachment_id=declared["id"], revision=1).count() == 1
    work()
    found = caller.get(path).json()
    assert (found["status"], found["reason"]) == ("ready", "")
    assert fetch(found["links"]["original"])[0] == LARGE
    attachment = Attachment.objects.get(pk=declared["id"])
    assert store.sizes(keys.incoming_folder(attachment)) == {}
    assert caller.get(f"{path}/upload").json() == {"status": "ready", "upload": None, "parts": []}
    assert caller.post(f"{path}/complete").status_code == 200


def test_a_repeated_declaration_gives_fresh_addresses_and_keeps_what_came(api, cast, store):
    caller, body = api(cast.li), DECLARED | {"id": str(uuid4())}
    first = caller.post("/files", body).json()
    send(first["parts"][0])
    again = caller.post("/files", body)
    assert (again.status_code, len(again.json()["parts"])) == (200, 3)
    assert arrived(caller, first) == [1]
    other = body | {"parts": [body["sha256"], *body["parts"][1:]]}
    refused(caller.post("/files", other), 409, "id_reused")
    refused(caller.post("/files", body | {"parts": []}), 409, "id_reused")


def test_a_file_that_is_put_whole_tells_its_state_too(api, cast, store):
    caller = api(cast.li)
    file = caller.post("/files", declaration(LARGE, type="image/png")).json()
    found = caller.get(f"/files/{file['id']}/upload").json()
    assert (found["status"], found["parts"], file["parts"]) == ("declared", [], [])
    put(found["upload"], LARGE)
    assert caller.post(f"/files/{file['id']}/complete").status_code == 202
    assert caller.get(f"/files/{file['id']}/upload").json()["upload"] is None


def test_not_as_many_checksums_as_parts(api, cast, store):
    for parts in (DECLARED["parts"][:2], [*DECLARED["parts"], "0" * 64]):
        refused(api(cast.li).post("/files", DECLARED | {"parts": parts}), 422, "parts_do_not_fit")
    assert not Attachment.objects.exists()
    assert not FileJob.objects.exists()


def test_what_was_abandoned_is_tidied_away(api, cast, store, declared, work):
    send(declared["parts"][1])
    attachment = Attachment.objects.get(pk=declared["id"])
    assert len(store.sizes(keys.incoming_folder(attachment))) == 1
    FileJob.objects.filter(attachment=attachment).update(due_at=clock.now())
    work()
    assert store.sizes(keys.incoming_folder(attachment)) == {}
    attachment.refresh_from_db()
    assert (attachment.status, attachment.reason) == ("refused", "upload_expired")


def test_a_part_that_vanished_before_it_was_verified_refuses_the_file(api, cast, store, declared, work):
    for part in declared["parts"]:
        send(part)
    api(cast.li).post(f"/files/{declared['id']}/complete")
    attachment = Attachment.objects.get(pk=declared["id"])
    store.delete([keys.incoming(attachment, 2)])
    work()
    attachment.refresh_from_db()
    assert (attachment.status, attachment.reason) == ("refused", "upload_missing")


def test_with_the_storage_away_nothing_is_lost_and_all_goes_on_later(api, cast, s3, settings, work):
    caller = api(cast.li)
    declared = caller.post("/files", DECLARED).json()
    path = f"/files/{declared['id']}"
    for part in declared["parts"]:
        send(part)
    there = settings.S3
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.S3 = there | {"endpoint": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        assert caller.post("/files", DECLARED).status_code == 201  # declaring asks no storage
        for reply in (caller.get(f"{path}/upload"), caller.post(f"{path}/complete")):
            refused(reply, 503, "storage_unavailable")
            assert reply.headers["Retry-After"] == "30"
    assert Attachment.objects.get(pk=declared["id"]).status == "declared"
    settings.S3 = there
    assert arrived(caller, declared) == [1, 2, 3]
    assert caller.post(f"{path}/complete").status_code == 202
    work()
    assert fetch(caller.get(path).json()["links"]["original"])[0] == LARGE


def test_strangers_see_nothing_of_it_and_a_superior_puts_nothing(api, cast, local):
    file = api(cast.li).post("/files", DECLARED).json()
    for someone in (cast.zhao, cast.sun):
        refused(api(someone).get(f"/files/{file['id']}/upload"), 404, "not_found")
    refused(api(cast.han).get(f"/files/{file['id']}/upload"), 403, "forbidden")
    refused(api(None).get(f"/files/{file['id']}/upload"), 401, "unauthenticated")
    assert list(Event.objects.filter(subject_id=file["id"]).values_list("name", flat=True)) == ["file.declared"]


class TestAddresses:
    """Of the local storage, which are our own."""

    @pytest.fixture
    def file(self, api, cast, local):
        return api(cast.li).post("/files", DECLARED).json()

    def put(self, url: str, content: bytes, kind: str = "application/octet-stream"):
        return Client().put(url, content, content_type=kind)

    def test_each_takes_its_own_part_and_nothing_else(self, file, media_root):
        one, two, _ = (part["upload"]["url"] for part in file["parts"])
        refused(self.put(one, PIECES[1]), 422, "checksum_mismatch")
        refused(self.put(one, PIECES[0][:-1]), 422, "size_mismatch")
        refused(self.put(one, PIECES[0] + b"x"), 422, "size_mismatch")
        refused(self.put(one, PIECES[0], "image/png"), 422, "type_mismatch")
        refused(self.put(one.replace("part-1", "part-2"), PIECES[1]), 403, "link_invalid")
        refused(self.put(one.replace("part-1", "upload"), LARGE), 403, "link_invalid")
        refused(Client().get(two), 403, "link_invalid")
        assert not [path for path in media_root.rglob("*") if path.is_file()]
        assert self.put(one, PIECES[0]).status_code == 204

    def test_expired_ones_are_replaced_by_fresh_ones(self, api, cast, file):
        with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
            for part in file["parts"]:
                refused(self.put(part["upload"]["url"], b""), 403, "link_expired")
        fresh = api(cast.li).get(f"/files/{file['id']}/upload").json()["parts"]
        assert [send(part) for part in fresh] == [204, 204, 204]

    def test_after_completion_they_are_harmless(self, api, cast, file, work):
        for part in file["parts"]:
            send(part)
        api(cast.li).post(f"/files/{file['id']}/complete")
        work()
        assert self.put(file["parts"][0]["upload"]["url"], b"something else").status_code == 204  # not even read
        found = api(cast.li).get(f"/files/{file['id']}").json()
        assert fetch(found["links"]["original"])[0] == LARGE

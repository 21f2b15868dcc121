"""One protocol, two storages: the same tests on a folder and on S3."""

import hashlib
import resource
import socket
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from backend.core import clock
from backend.files import storage
from backend.files.errors import ChecksumMismatch, SizeMismatch, StorageUnavailable
from tests.support.files import put

CONTENT = b"what the phone sends " * 5000


def upload(content: bytes = CONTENT, key: str = "incoming/c/f/upload") -> storage.Upload:
    return storage.Upload(uuid4(), key, "image/jpeg", len(content), hashlib.sha256(content).hexdigest())


def soon():
    return clock.now() + timedelta(minutes=5)


class Body:
    """A request's body, cut off after `until` bytes."""

    def __init__(self, content: bytes, until: int | None = None) -> None:
        self.rest = content[:until]
        self.broken = until is not None
        self.largest = 0

    def read(self, size: int, /) -> bytes:
        self.largest = max(self.largest, size)
        if not self.rest and self.broken:
            raise ConnectionResetError("the phone is gone")
        chunk, self.rest = self.rest[:size], self.rest[size:]
        return chunk


def test_what_is_written_is_read(store):
    store.write("files/c/f/original", CONTENT, content_type="image/jpeg")
    assert store.read("files/c/f/original", limit=len(CONTENT)) == CONTENT
    assert store.read("files/c/f/original", limit=10) == CONTENT[:10]
    assert store.size("files/c/f/original") == len(CONTENT)


def test_writing_again_replaces(store):
    store.write("files/c/f/original", b"one", content_type="image/jpeg")
    store.write("files/c/f/original", b"another", content_type="image/jpeg")
    assert store.read("files/c/f/original", limit=100) == b"another"


def test_what_is_not_there_is_missing_and_deleted_already(store):
    assert store.size("files/nothing") is None
    with pytest.raises(storage.Missing):
        store.read("files/nothing", limit=1)
    store.delete(["files/nothing"])
    store.delete_folder("files/nowhere")


def test_deleting_takes_the_named_and_a_folder_takes_all_below(store):
    for name in ("a/1", "a/2", "ab/3"):
        store.write(f"files/{name}", b"x", content_type="image/jpeg")
    store.delete(["files/a/1"])
    assert [store.size(f"files/{name}") for name in ("a/1", "a/2", "ab/3")] == [None, 1, 1]
    store.delete_folder("files/a")
    assert [store.size(f"files/{name}") for name in ("a/2", "ab/3")] == [None, 1]


class TestS3:
    def test_a_presigned_put_brings_the_bytes_into_the_bucket(self, s3):
        wanted = upload()
        target = s3.upload_target(wanted, expires_at=soon())
        assert put({"method": target.method, "url": target.url, "headers": target.headers}, CONTENT) == 200
        assert s3.read(wanted.key, limit=len(CONTENT)) == CONTENT

    def test_length_type_and_checksum_are_part_of_what_is_signed(self, s3):
        target = s3.upload_target(upload(), expires_at=soon())
        signed = parse_qs(urlsplit(target.url).query)["X-Amz-SignedHeaders"][0].split(";")
        assert {"content-length", "content-type", "host", "x-amz-checksum-sha256"} <= set(signed)

    def test_a_changed_bound_changes_the_signature(self, s3):
        at = soon()

        def signature(wanted: storage.Upload) -> str:
            return parse_qs(urlsplit(s3.upload_target(wanted, expires_at=at).url).query)["X-Amz-Signature"][0]

        one = upload()
        longer = storage.Upload(one.attachment_id, one.key, one.content_type, one.size + 1, one.sha256)
        assert signature(one) != signature(longer)

    def test_a_link_serves_under_the_files_own_chinese_name(self, s3):
        s3.write("files/c/f/original", b"%PDF-1.7", content_type="application/pdf")
        stored = storage.Stored(uuid4(), "files/c/f/original", "发票 3 月.pdf", "application/pdf", inline=False)
        with urllib.request.urlopen(s3.link(stored, expires_at=soon())) as reply:
            assert reply.read() == b"%PDF-1.7"
            assert reply.headers["Content-Type"] == "application/pdf"
            disposition = reply.headers["Content-Disposition"]
        assert disposition == "attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8%203%20%E6%9C%88.pdf"

    def test_a_link_expires_when_it_says(self, s3):
        stored = storage.Stored(uuid4(), "files/c/f/original", "a.jpg", "image/jpeg", inline=True)
        query = parse_qs(urlsplit(s3.link(stored, expires_at=clock.now() + timedelta(minutes=30))).query)
        assert 1798 <= int(query["X-Amz-Expires"][0]) <= 1800

    def test_one_client_serves_the_whole_process(self, s3):
        assert storage.current().client is s3.client

    def test_a_storage_that_is_away_is_unavailable(self, s3, settings):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            settings.S3 = settings.S3 | {"endpoint": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
            away = storage.current()
            with pytest.raises(StorageUnavailable):
                away.size("files/c/f/original")
            with pytest.raises(StorageUnavailable):
                away.write("files/c/f/original", b"x", content_type="image/jpeg")

    def test_a_bucket_that_does_not_exist_is_unavailable(self, s3, settings):
        settings.S3 = settings.S3 | {"bucket": "no-such-bucket"}
        with pytest.raises(StorageUnavailable):
            storage.current().write("files/c/f/original", b"x", content_type="image/jpeg")


class TestLocal:
    def test_receives_in_chunks(self, local):
        wanted, body = upload(), Body(CONTENT)
        local.receive(wanted, body)
        assert local.read(wanted.key, limit=len(CONTENT) + 1) == CONTENT
        assert body.largest <= 64 * 1024

    def test_stops_reading_at_the_first_byte_too_many(self, local, media_root):
        body = Body(CONTENT * 100)
        with pytest.raises(SizeMismatch):
            local.receive(upload(), body)
        assert len(body.rest) > len(CONTENT) * 95
        assert kept_in(media_root) == []

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (Body(CONTENT[:-1]), SizeMismatch),
            (Body(CONTENT, until=100_000), SizeMismatch),
            (Body(CONTENT[:-1] + b"?"), ChecksumMismatch),
        ],
        ids=["short", "broken off", "other bytes"],
    )
    def test_keeps_nothing_of_what_is_not_as_declared(self, local, media_root, body, error):
        with pytest.raises(error):
            local.receive(upload(), body)
        assert kept_in(media_root) == []

    def test_a_failed_repetition_leaves_the_first_in_place(self, local):
        wanted = upload()
        local.receive(wanted, Body(CONTENT))
        with pytest.raises(SizeMismatch):
            local.receive(wanted, Body(CONTENT, until=10))
        assert local.size(wanted.key) == len(CONTENT)

    def test_what_vanishes_while_it_is_counted_hides_nothing_else(self, local, media_root):
        """As the name under which a part arrives does, when it is whole."""
        local.receive(upload(), Body(CONTENT))
        (media_root / "incoming/c/f/part-1.0a.part").symlink_to("gone")
        assert local.sizes("incoming/c/f") == {"incoming/c/f/upload": len(CONTENT)}
        assert local.sizes("incoming/c/g") == {}

    def test_a_full_disk_is_unavailable_and_keeps_nothing(self, local, media_root):
        with disk_of(50_000):
            with pytest.raises(StorageUnavailable):
                local.receive(upload(), Body(CONTENT))
            with pytest.raises(StorageUnavailable):
                local.write("files/c/f/original", CONTENT, content_type="image/jpeg")
        assert kept_in(media_root) == []
        local.receive(upload(), Body(CONTENT))


def kept_in(root) -> list[str]:
    return [path.name for path in root.rglob("*") if path.is_file()]


@contextmanager
def disk_of(size: int):
    """The kernel itself refuses this process any file longer than `size`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_lies_in_a_file_is_stored_from_where_it_stands(store, tmp_path):
    source = tmp_path / "made"
    source.write_bytes(b"heading" + CONTENT)
    with source.open("rb") as file:
        file.seek(len(b"heading"))
        store.write("exports/c/e/export-1", file, content_type="text/plain")
    assert store.read("exports/c/e/export-1", limit=1_000_000) == CONTENT
    store.delete_folder("exports/c/e")
    assert store.size("exports/c/e/export-1") is None

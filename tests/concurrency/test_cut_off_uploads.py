"""The phone's connection breaks after any number of bytes, against a server that is running, and it goes on later."""

import json
import random
import socket
import struct
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from PIL import Image

from backend.files import keys
from backend.files.models import Attachment
from tests.support.client import access_token
from tests.support.files import declaration, declaration_in_parts, pieces
from tests.support.pictures import encoded
from tests.support.processes import eventually
from tests.support.programs import web_server

SMALL = encoded(Image.new("RGB", (6, 4), "teal"), "image/png")
LARGE = encoded(Image.frombytes("RGB", (640, 640), random.Random(9).randbytes(640 * 640 * 3)), "image/png")

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Phone:
    """Speaks to the server as a phone does, and may lose the connection in the middle of a body."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def put(self, target: dict, content: bytes, until: int | None = None) -> int | None:
        """The status; None where it breaks off after `until` bytes of the body."""
        with self._connected() as line:
            parts = urlsplit(target["url"])
            head = [f"PUT {parts.path}?{parts.query} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}"]
            head += [f"{name}: {value}" for name, value in target["headers"].items()]
            head += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
            line.sendall("\r\n".join(head).encode() + content[:until])
            if until is not None:
                if until % 2:  # gone without a word, as when the network is; else closed in order
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return None
            return int(line.makefile("rb").readline().split()[1])

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
            yield line


@pytest.fixture
def media(tmp_path, settings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def phone(cast, tmp_path, media) -> Iterator[Phone]:
    with web_server(tmp_path, MEDIA_DIR=str(media)) as (_, url):
        yield Phone(url, access_token(cast.li))


def kept(media: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in media.rglob("*") if path.is_file()}


def original_of(file: dict, media: Path) -> bytes:
    attachment = Attachment.objects.get(pk=UUID(file["id"]))
    assert attachment.status == "ready", attachment.reason
    return (media / keys.original(attachment)).read_bytes()


def test_after_every_single_byte(phone, media, work):
    status, file = phone.ask("POST", "/files", declaration(SMALL, type="image/png"))
    assert status == 201, file
    for length in range(len(SMALL)):
        phone.put(file["upload"], SMALL, until=length)
    eventually(lambda: not kept(media), what="the server to drop what it got of each")
    assert phone.ask("POST", f"/files/{file['id']}/complete")[1]["code"] == "upload_missing"

    _, again = phone.ask("GET", f"/files/{file['id']}/upload")
    assert phone.put(again["upload"], SMALL) == 204
    assert phone.ask("POST", f"/files/{file['id']}/complete")[0] == 202
    work()
    assert original_of(file, media) == SMALL


def test_beside_every_boundary_of_the_parts_of_a_large_one(phone, media, work):
    status, file = phone.ask("POST", "/files", declaration_in_parts(LARGE, type="image/png"))
    assert status == 201, file
    path, contents = f"/files/{file['id']}", pieces(LARGE)
    for part, content in zip(file["parts"], contents, strict=True):
        for until in (0, 1, len(content) // 2, len(content) - 1):
            phone.put(part["upload"], content, until=until)
    eventually(lambda: not kept(media), what="the server to drop what it got of each")
    _, found = phone.ask("POST", f"{path}/complete")
    assert (found["code"], found["missing"]) == ("parts_missing", [1, 2, 3])

    phone.put(file["parts"][1]["upload"], contents[1], until=len(contents[1]))  # whole, but the reply never came
    eventually(lambda: kept(media) == {"part-2": len(contents[1])}, what="the second part")
    _, state = phone.ask("GET", f"{path}/upload")
    waiting = [part for part in state["parts"] if part["upload"]]
    assert [part["number"] for part in waiting] == [1, 3]
    for part in waiting:
        assert phone.put(part["upload"], contents[part["number"] - 1]) == 204
    assert phone.ask("POST", f"{path}/complete")[0] == 202
    work()
    assert original_of(file, media) == LARGE

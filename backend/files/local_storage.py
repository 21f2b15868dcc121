"""Files in a folder of this machine, reached through our own signed addresses."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Protocol
from uuid import uuid4

from backend.files import links
from backend.files.errors import ChecksumMismatch, SizeMismatch, StorageUnavailable
from backend.files.storage import Missing, Stored, Target, Upload

CHUNK = 64 * 1024


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class LocalStorage:
    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def upload_target(self, upload: Upload, *, expires_at: datetime) -> Target:
        variant = upload.key.rpartition("/")[2]
        url = links.content_url("PUT", upload.attachment_id, variant, expires_at=expires_at)
        return Target("PUT", url, expires_at, {"Content-Type": upload.content_type})

    def link(self, stored: Stored, *, expires_at: datetime) -> str:
        variant = stored.key.rpartition("/")[2]
        return links.content_url("GET", stored.attachment_id, variant, expires_at=expires_at)

    def receive(self, upload: Upload, stream: Readable) -> None:
        """Keep exactly the declared content or nothing; never holds more than a chunk of it in memory.

        Raises SizeMismatch, as soon as there is a byte too many or when the sender stops short, or ChecksumMismatch.
        """
        digest, left = hashlib.sha256(), upload.size
        with self._replacing(upload.key) as file:
            while chunk := _next_chunk(stream):
                left -= len(chunk)
                if left < 0:
                    raise SizeMismatch(declared=upload.size)
                digest.update(chunk)
                file.write(chunk)
            if left:
                raise SizeMismatch(declared=upload.size, arrived=upload.size - left)
            if digest.hexdigest() != upload.sha256:
                raise ChecksumMismatch()

    def open(self, key: str) -> BinaryIO:
        """Raises Missing."""
        with _working():
            return self._path(key).open("rb")

    def size(self, key: str) -> int | None:
        try:
            with _working():
                return self._path(key).stat().st_size
        except Missing:
            return None

    def sizes(self, folder: str) -> dict[str, int]:
        sizes = {}
        with suppress(Missing), _working(), os.scandir(self._path(folder)) as found:
            for each in found:
                with suppress(FileNotFoundError):  # it took its place, or was given up, at this very moment
                    sizes[f"{folder}/{each.name}"] = each.stat().st_size
        return sizes

    def read(self, key: str, *, limit: int) -> bytes:
        with _working(), self.open(key) as file:
            return file.read(limit)

    def write(self, key: str, content: bytes | IO[bytes], *, content_type: str) -> None:
        with self._replacing(key) as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                shutil.copyfileobj(content, file)

    def delete(self, keys: Iterable[str]) -> None:
        with _working():
            for key in keys:
                self._path(key).unlink(missing_ok=True)

    def delete_folder(self, folder: str) -> None:
        with suppress(Missing), _working():
            shutil.rmtree(self._path(folder))

    def _path(self, key: str) -> Path:
        return self.root / key

    @contextmanager
    def _replacing(self, key: str) -> Iterator[BinaryIO]:
        """A file that takes the key's place at the end, on disk for good, and leaves no trace if the end never comes.

        Only a killed process leaves its part behind, under a name that nothing reads.
        """
        path = self._path(key)
        part = path.with_name(f"{path.name}.{uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(path.parent)
            _sync_folder(path.parent.parent)
        except OSError as exc:
            raise StorageUnavailable(retry_after_s=30) from exc
        finally:
            with suppress(OSError):
                part.unlink()  # gone already where it took its place


@contextmanager
def _working() -> Iterator[None]:
    """What a disk can do wrong, said as the storage's protocol says it."""
    try:
        yield
    except FileNotFoundError as exc:
        raise Missing() from exc
    except OSError as exc:
        raise StorageUnavailable(retry_after_s=30) from exc


def _next_chunk(stream: Readable) -> bytes:
    """A connection that breaks ends the stream: what is then missing is the sender's failure, not the disk's."""
    try:
        return stream.read(CHUNK)
    except OSError:
        return b""


def _sync_folder(folder: Path) -> None:
    """A new name survives a power failure only when its folder was written too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

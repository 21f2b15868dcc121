"""Where the bytes lie: one protocol, on a local folder or in an S3 bucket, chosen by settings.STORAGE.

Nothing here may be called inside a transaction, except `upload_target` and `link`, which only compute.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Protocol
from uuid import UUID

from django.conf import settings


class Missing(Exception):
    """There is nothing under this key."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a key holds, for those who shall fetch it."""

    attachment_id: UUID
    key: str
    name: str
    content_type: str
    inline: bool
    """Whether a browser may show it in place; anything else is saved under its name."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The one content that may be put under this key: a whole file, or a part of one."""

    attachment_id: UUID
    key: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Target:
    """How a phone sends the bytes. `headers` are to be sent exactly as given."""

    method: str
    url: str
    expires_at: datetime
    headers: dict[str, str] = field(default_factory=dict)


class Storage(Protocol):
    """Keys are made by us, never by a caller. Raises StorageUnavailable where the storage does not do its work."""

    def upload_target(self, upload: Upload, *, expires_at: datetime) -> Target: ...

    def link(self, stored: Stored, *, expires_at: datetime) -> str: ...

    def size(self, key: str) -> int | None:
        """In bytes; None where there is nothing."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Bytes by key of what lies in this folder, a thousand at most."""

    def read(self, key: str, *, limit: int) -> bytes:
        """At most `limit` bytes. Raises Missing."""

    def write(self, key: str, content: bytes | IO[bytes], *, content_type: str) -> None:
        """Whole or not at all; replaces what was there. A file is taken from where it stands, in pieces."""

    def delete(self, keys: Iterable[str]) -> None:
        """What is not there is deleted already."""

    def delete_folder(self, folder: str) -> None:
        """All keys below this one."""


def current() -> Storage:
    if settings.STORAGE == "s3":
        from backend.files.s3_storage import S3Storage  # boto3 takes a second to import; only who needs it pays

        return S3Storage(**settings.S3)
    from backend.files.local_storage import LocalStorage

    return LocalStorage(settings.MEDIA_ROOT)

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from backend.files.rules import KINDS, PART_BYTES
from mobile_api.schemas.base import In, Out

ContentType = Literal[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "audio/amr",
    "audio/aac",
    "audio/mp4",
    "audio/mpeg",
    "audio/wav",
    "video/mp4",
    "video/quicktime",
    "application/pdf",
    "application/ofd",
    "application/xml",
]
FileName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]+$"),
]
"""Without folders, control characters and those that turn the direction of text (`gpj.exe` would read `exe.jpg`)."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]
MAX_PARTS = -(-max(kind.max_bytes for kind in KINDS.values()) // PART_BYTES)
"""As many as the largest file that is taken can have."""
PutVariant = Annotated[str, StringConstraints(pattern=r"^(upload|part-[1-9][0-9]{0,3})$")]
Variant = Annotated[
    str, StringConstraints(pattern=r"^(original|(thumbnail|display)-[0-9]{1,9}(\.webp)?|export-[0-9]{1,9})$")
]
Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Expires = Annotated[int, Field(ge=0, le=99_999_999_999)]
"""Seconds since 1970."""


def _number(value: object) -> object:
    """JSON knows no whole numbers apart: 5.0 is 5, but "5" and true are not."""
    if isinstance(value, bool | str):
        raise ValueError("a whole number is required")
    return value


class FileIn(In):
    id: UUID | None = None
    name: FileName
    size: Annotated[int, Field(ge=1, le=2_147_483_647), BeforeValidator(_number)]
    type: ContentType
    sha256: Sha256
    purpose: Literal["visit_photo", "visit_media", "invoice", "expense", "other"]
    parts: list[Sha256] = Field(default=[], max_length=MAX_PARTS)
    """To send it in parts, so that a broken connection costs one of them only: the checksum of each 524288 bytes of the
    file, in their order, of the rest at last. Left out, the file is put whole."""


class UploadOut(Out):
    """Send the bytes there, with exactly these headers, before it expires."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class LinksOut(Out):
    """Work without a token until they expire."""

    original: str | None
    """Null where it may tell exactly where somebody else was: ask with `exact` who may see that."""
    thumbnail: str | None
    display: str | None
    expires_at: datetime


class FileOut(Out):
    id: UUID
    name: str
    purpose: str
    type: str
    size: int
    sha256: str
    status: Literal["declared", "uploaded", "ready", "refused"]
    reason: str
    """Why it was refused; empty otherwise."""
    width: int | None
    height: int | None
    taken_at: datetime | None
    place_removed_at: datetime | None
    """Since then the original lacks the position it was taken at, and its bytes are no longer those of `sha256`."""
    duplicate: bool
    """The company holds the same bytes in another file."""
    version: int
    created_at: datetime
    links: LinksOut | None


class FilePartOut(Out):
    """The `size` bytes of the file from `offset` on."""

    number: int
    offset: int
    size: int
    upload: UploadOut | None
    """Null once they have arrived."""


class UploadsOut(Out):
    status: Literal["declared", "uploaded", "ready", "refused"]
    """Of the file: the rest is empty once it was completed."""
    upload: UploadOut | None
    """Of a file that is put whole."""
    parts: Annotated[list[FilePartOut], Field(max_length=MAX_PARTS)]
    """Of a file in parts; in any order, several at once if you like, then `complete`."""


class DeclaredFileOut(FileOut):
    upload: UploadOut | None
    """Null once the bytes have arrived, and for a file in parts."""
    parts: Annotated[list[FilePartOut], Field(max_length=MAX_PARTS)]
    """Of a file in parts; `GET /files/{id}/upload` tells later which of them have arrived."""

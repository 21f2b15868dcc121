"""Which files are taken, and how one that is not what it claims is told. Pure: bytes in, verdict out."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from django.db import models

from backend.core.text import bilingual

MEGABYTE = 1024 * 1024
MAX_IMAGE_BYTES = 20 * MEGABYTE
MAX_DOCUMENT_BYTES = 10 * MEGABYTE
PART_BYTES = 512 * 1024
"""What a broken connection costs at most when a file comes in parts: ten seconds of a weak mobile network's 400 kbit/s.
Smaller ones would cost a request each that takes longer than its bytes."""
MAX_PIXELS = 30_000_000
"""A picture of this size takes 90 MB of a worker's memory; phones take 12 to 24 million."""


class Reason(models.TextChoices):
    """Why processing refused a file; codes of the API."""

    UPLOAD_EXPIRED = "upload_expired", bilingual("未在期限内上传", "never uploaded")
    UPLOAD_MISSING = "upload_missing", bilingual("上传的文件已丢失", "the upload was lost")
    SIZE_MISMATCH = "size_mismatch", bilingual("大小与声明不符", "not of the declared size")
    CHECKSUM_MISMATCH = "checksum_mismatch", bilingual("校验和与声明不符", "not of the declared checksum")
    TYPE_MISMATCH = "type_mismatch", bilingual("内容与声明的类型不符", "not of the declared type")
    HIDDEN_CONTENT = "hidden_content", bilingual("文件中夹带其他内容", "hides other content")
    IMAGE_DAMAGED = "image_damaged", bilingual("图片已损坏", "the picture is damaged")
    IMAGE_TOO_LARGE = "image_too_large", bilingual("图片像素过大", "the picture has too many pixels")


class Refused(Exception):
    """The file will never do: trying again cannot help."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """`begins`: whether the first bytes fit the type. `pillow`: the decoder to use, for an image."""

    max_bytes: int
    begins: Callable[[bytes], bool]
    pillow: str = ""

    @property
    def is_image(self) -> bool:
        return bool(self.pillow)


_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
"""ISO/IEC 23008-12; avif and other brands are other formats in the same box."""


def _jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def _png(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def _webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def _pdf(head: bytes) -> bool:
    return head.startswith(b"%PDF-")


def _zip(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


def _xml(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<?xml")


KINDS: dict[str, Kind] = {
    "image/jpeg": Kind(MAX_IMAGE_BYTES, _jpeg, "JPEG"),
    "image/png": Kind(MAX_IMAGE_BYTES, _png, "PNG"),
    "image/webp": Kind(MAX_IMAGE_BYTES, _webp, "WEBP"),
    "image/heic": Kind(MAX_IMAGE_BYTES, _heif, "HEIF"),
    "image/heif": Kind(MAX_IMAGE_BYTES, _heif, "HEIF"),
    "application/pdf": Kind(MAX_DOCUMENT_BYTES, _pdf),
    "application/ofd": Kind(MAX_DOCUMENT_BYTES, _zip),
    "application/xml": Kind(MAX_DOCUMENT_BYTES, _xml),
}
"""OFD (GB/T 33190) and XML are the forms in which Chinese electronic invoices are handed out beside PDF."""

ONLY_IMAGES = frozenset({"visit_photo"})
"""Purposes that take nothing else."""

_ACTIVE = re.compile(rb"<(?:script|iframe|html)[\s>/]|<!doctype\s+html|<!entity|<\?php\s", re.IGNORECASE)
"""What a browser, a server or an XML parser would act on. Long enough not to occur by chance in compressed data: once
in 100,000 pictures of the largest size."""


def part_sizes(size: int) -> list[int]:
    """Of the parts of a file of `size` bytes: all full but the last."""
    full, rest = divmod(size, PART_BYTES)
    return [PART_BYTES] * full + [rest] * bool(rest)


def is_image(content_type: str) -> bool:
    return KINDS[content_type].is_image


def check_content(content_type: str, content: bytes) -> None:
    """Raises Refused unless the bytes are of the type, and of no second one at the same time.

    A file may be a valid picture and a valid page, archive or PDF at once; whoever later opens it as the other would
    run what nobody looked at. Data behind the picture alone is no reason: phones append moving pictures there.
    """
    if not KINDS[content_type].begins(content[:64]):
        raise Refused(Reason.TYPE_MISMATCH)
    if content_type == "application/ofd":
        _check_ofd(content)
        return
    if content_type != "application/pdf" and (_ACTIVE.search(content) or b"%PDF-" in content[:1024]):
        raise Refused(Reason.HIDDEN_CONTENT)
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Refused(Reason.HIDDEN_CONTENT)


def _check_ofd(content: bytes) -> None:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as exc:
        raise Refused(Reason.TYPE_MISMATCH) from exc
    if "OFD.xml" not in names:
        raise Refused(Reason.TYPE_MISMATCH)

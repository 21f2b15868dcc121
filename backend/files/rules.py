"""Which files are taken, and how one that is not what it claims is told. Pure: bytes in, verdict out."""

import io
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from django.db import models

from backend.core.text import bilingual

MEGABYTE = 1024 * 1024
MAX_IMAGE_BYTES = 20 * MEGABYTE
MAX_DOCUMENT_BYTES = 10 * MEGABYTE
MAX_SOUND_BYTES = 10 * MEGABYTE
"""Twenty minutes of AAC at 64 kbit/s, or a minute of WAV."""
MAX_FILM_BYTES = 50 * MEGABYTE
"""A minute as WeChat's camera takes it."""
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
    """`begins`: whether the first bytes fit the type. `pillow`: the decoder to use, for an image. `plays`: sound or
    film, kept for a player as it is but for the place."""

    max_bytes: int
    begins: Callable[[bytes], bool]
    pillow: str = ""
    plays: bool = False

    @property
    def is_image(self) -> bool:
        return bool(self.pillow)


_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
"""ISO/IEC 23008-12; avif and other brands are other formats in the same box."""


_FILM_BRANDS = {
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"MSNV",
    b"3gp4",
    b"3gp5",
}
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"isom", b"iso2", b"mp41", b"mp42", b"3gp4", b"3gp5"}
"""Android's recorder writes those of films."""


def _jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


def _png(head: bytes) -> bool:
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def _webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _boxes(brands: set[bytes]) -> Callable[[bytes], bool]:
    """ISO base media: HEIF, MP4 and QuickTime alike begin with a box that names their brand."""
    return lambda head: head[4:8] == b"ftyp" and head[8:12] in brands


def _amr(head: bytes) -> bool:
    return head.startswith((b"#!AMR\n", b"#!AMR-WB\n"))


def _aac(head: bytes) -> bool:
    """ADTS: twelve bits of synchronisation and layer 0."""
    return head[:1] == b"\xff" and head[1:2] in {b"\xf0", b"\xf1", b"\xf8", b"\xf9"}


def _mp3(head: bytes) -> bool:
    """ID3, or a first frame: eleven bits of synchronisation, layer III."""
    return head.startswith(b"ID3") or (
        head[:1] == b"\xff" and head[1:2] in {b"\xfb", b"\xfa", b"\xf3", b"\xf2", b"\xe3", b"\xe2"}
    )


def _wav(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WAVE"


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
    "image/heic": Kind(MAX_IMAGE_BYTES, _boxes(_HEIF_BRANDS), "HEIF"),
    "image/heif": Kind(MAX_IMAGE_BYTES, _boxes(_HEIF_BRANDS), "HEIF"),
    "audio/amr": Kind(MAX_SOUND_BYTES, _amr, plays=True),
    "audio/aac": Kind(MAX_SOUND_BYTES, _aac, plays=True),
    "audio/mp4": Kind(MAX_SOUND_BYTES, _boxes(_SOUND_BRANDS), plays=True),
    "audio/mpeg": Kind(MAX_SOUND_BYTES, _mp3, plays=True),
    "audio/wav": Kind(MAX_SOUND_BYTES, _wav, plays=True),
    "video/mp4": Kind(MAX_FILM_BYTES, _boxes(_FILM_BRANDS), plays=True),
    "video/quicktime": Kind(MAX_FILM_BYTES, _boxes({b"qt  "}), plays=True),
    "application/pdf": Kind(MAX_DOCUMENT_BYTES, _pdf),
    "application/ofd": Kind(MAX_DOCUMENT_BYTES, _zip),
    "application/xml": Kind(MAX_DOCUMENT_BYTES, _xml),
}
"""OFD (GB/T 33190) and XML are the forms in which Chinese electronic invoices are handed out beside PDF."""

_ACTIVE = re.compile(rb"<(?:script|iframe|html)[\s>/]|<!doctype\s+html|<!entity|<\?php\s", re.IGNORECASE)
"""What a browser, a server or an XML parser would act on. Long enough not to occur by chance in compressed data: once
in 100,000 pictures of the largest size."""
_EDGE = 64 * 1024
"""Of sound and film, up to fifty megabytes that are as good as chance, only this much at either end is searched: it
occurs in one of ten million."""
_END, _END_64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q")
"""The end of a ZIP's directory (APPNOTE 4.3.16) and what stands before it in a large one (4.3.14)."""
_LOCATOR_BYTES = 20
MAX_DIRECTORY_BYTES = 256 * 1024
"""Some three thousand entries; an invoice has dozens."""
_NO_ARCHIVE = (zipfile.BadZipFile, ValueError, NotImplementedError, OSError)


def takes(purpose: str, content_type: str) -> bool:
    """A visit shows pictures and plays recordings; a voucher can be read."""
    kind = KINDS.get(content_type)
    if kind is None:
        return False
    match purpose:
        case "visit_photo":
            return kind.is_image
        case "visit_media":
            return kind.plays
        case "other":
            return True
    return not kind.plays


def is_shown(content_type: str) -> bool:
    """In place, by a browser; the rest is saved."""
    return KINDS[content_type].is_image or KINDS[content_type].plays


def plays(content_type: str) -> bool:
    return KINDS[content_type].plays


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
    kind = KINDS[content_type]
    if not kind.begins(content[:64]):
        raise Refused(Reason.TYPE_MISMATCH)
    if content_type == "application/ofd":
        if len(_directory(content)) > MAX_DIRECTORY_BYTES or "OFD.xml" not in _names_in_archive(content):
            raise Refused(Reason.TYPE_MISMATCH)
        return
    searched = content[:_EDGE] + b"\0" + content[-_EDGE:] if kind.plays else content
    if content_type != "application/pdf" and (_ACTIVE.search(searched) or b"%PDF-" in content[:1024]):
        raise Refused(Reason.HIDDEN_CONTENT)
    if _directory(content):
        raise Refused(Reason.HIDDEN_CONTENT)


def _directory(content: bytes) -> bytes:
    """The list of entries of what can be unpacked, where `zipfile` looks for it; empty where there is none.

    It is not read: a million entries would take a worker half a minute. The mere end mark of an archive occurs by
    chance, the one of an entry at the right distance before it does not.
    """
    end = len(content) - _END.size
    if end < 0:
        return b""
    if content[end : end + 4] != b"PK\5\6" or content[-2:] != b"\0\0":
        end = content.rfind(b"PK\5\6", max(end - 0x10000, 0))
    if end < 0 or end + _END.size > len(content):
        return b""
    *_, size, _, _ = _END.unpack_from(content, end)
    large = end - _LOCATOR_BYTES - _END_64.size
    if large >= 0 and content.startswith(b"PK\6\7", end - _LOCATOR_BYTES) and content.startswith(b"PK\6\6", large):
        end = large
        *_, size, _ = _END_64.unpack_from(content, end)
    found = content[max(end - size, 0) : end]
    return found if found.startswith(b"PK\1\2") else b""


def _names_in_archive(content: bytes) -> list[str]:
    try:
        return zipfile.ZipFile(io.BytesIO(content)).namelist()
    except _NO_ARCHIVE:
        return []

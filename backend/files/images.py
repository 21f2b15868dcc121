"""What is read out of an uploaded picture and what is made of it. Bytes in, bytes out; the files may be hostile."""

import io
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import pillow_heif
from PIL import ExifTags, Image, ImageOps

from backend.files import watermark
from backend.files.rules import KINDS, MAX_PIXELS, Reason, Refused

THUMBNAIL_PX = 320
DISPLAY_PX = 1600
"""The longer side of a derivative; smaller pictures are not enlarged."""
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    struct.error,
)
"""All that decoders raise on damaged input. Not `Exception`: running out of time or memory is worth another try."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
pillow_heif.options.DECODE_THREADS = 1  # a worker is one process of several, and others wait
pillow_heif.register_heif_opener()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the camera claims; each part may be missing."""

    taken_at: datetime | None = None
    lat: float | None = None
    lng: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels` stand upright, in RGB, no larger than is shown, and carry nothing else: no EXIF, comment or colour
    profile. `width` and `height` are those of the original."""

    pixels: Image.Image
    width: int
    height: int
    evidence: Evidence


def read(content: bytes, *, content_type: str, timezone: str) -> Picture:
    """`timezone` is where a camera that names none is taken to be. Raises Refused.

    The size is judged from the header, before anything is unpacked: a bomb of a few kilobytes costs nothing.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[KINDS[content_type].pillow]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused(Reason.IMAGE_TOO_LARGE)
            exif = image.getexif()
            width, height = _upright(image.size, exif)
            image.draft("RGB", (DISPLAY_PX, DISPLAY_PX))  # a JPEG is unpacked no larger than needed
            ImageOps.exif_transpose(image, in_place=True)
            pixels = _within(_opaque(image), DISPLAY_PX)
            pixels.info = {}
    except Image.DecompressionBombError as exc:
        raise Refused(Reason.IMAGE_TOO_LARGE) from exc
    except BROKEN as exc:
        raise Refused(Reason.IMAGE_DAMAGED) from exc
    return Picture(pixels, width, height, _evidence(exif, timezone))


def claims_place(content: bytes, *, content_type: str) -> bool:
    """Whether a picture says where it was taken; its header is read only. Raises Refused."""
    try:
        with Image.open(io.BytesIO(content), formats=[KINDS[content_type].pillow]) as image:
            return _evidence(image.getexif(), "UTC").lat is not None
    except BROKEN as exc:
        raise Refused(Reason.IMAGE_DAMAGED) from exc


def thumbnail(picture: Picture) -> bytes:
    """WebP, half as large: only our own screens show it."""
    out = io.BytesIO()
    _within(picture.pixels, THUMBNAIL_PX).save(out, "WEBP", quality=75, method=4)
    return out.getvalue()


def display(picture: Picture, *, caption: list[str]) -> bytes:
    """JPEG, which opens everywhere: this one is also sent on, printed, and shown by the old web views of WeChat."""
    out = io.BytesIO()
    watermark.draw(picture.pixels, caption).save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def difference_hash(picture: Picture) -> int:
    """64 bits, each telling whether brightness falls from one of 9x8 fields to its right neighbour, as a signed number.

    Survives scaling and recompression, so two copies of one photo differ in a few bits at most.
    """
    fields = picture.pixels.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            left = row * 9 + column
            bits = bits << 1 | (fields[left] > fields[left + 1])
    return bits - (1 << 64) if bits >> 63 else bits


def _upright(size: tuple[int, int], exif: Image.Exif) -> tuple[int, int]:
    """Orientations 5 to 8 lie on their side."""
    lies = exif.get(ExifTags.Base.Orientation) in {5, 6, 7, 8}
    return (size[1], size[0]) if lies else size


def _opaque(image: Image.Image) -> Image.Image:
    """In RGB, what is transparent as white."""
    if image.has_transparency_data:
        pixels = Image.new("RGB", image.size, "white")
        layer = image.convert("RGBA")
        pixels.paste(layer, mask=layer)
        return pixels
    return image if image.mode == "RGB" else image.convert("RGB")


def _within(image: Image.Image, side: int) -> Image.Image:
    """A copy, never enlarged. Hamming's window costs less than half of Lanczos', which at these sizes needs a loupe to
    be told apart."""
    scale = side / max(image.size)
    if scale >= 1:
        return image.copy()
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=2.0)


def _evidence(exif: Image.Exif, timezone: str) -> Evidence:
    """Damaged EXIF is no evidence; the picture may still be good."""
    try:
        details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except BROKEN:
        return Evidence()
    lat = _degrees(place, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, negative="S", limit=90)
    lng = _degrees(place, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, negative="W", limit=180)
    taken_at = _taken_at(details, timezone)
    if lat is None or lng is None or lat == lng == 0:  # zeros are what cameras write that have no fix
        return Evidence(taken_at)
    return Evidence(taken_at, lat, lng)


def _taken_at(details: dict[int, Any], timezone_name: str) -> datetime | None:
    text = str(details.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
    offset = str(details.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    try:
        local = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  # its zone comes separately
        zone = datetime.strptime(offset, "%z").tzinfo if offset else ZoneInfo(timezone_name)
        taken_at = local.replace(tzinfo=zone).astimezone(UTC)
    except BROKEN:
        return None
    return taken_at if 2000 <= taken_at.year < 2100 else None


def _degrees(place: dict[int, Any], value: int, reference: int, *, negative: str, limit: int) -> float | None:
    """EXIF holds three rationals: degrees, minutes, seconds; and the hemisphere beside them."""
    try:
        degrees, minutes, seconds = (float(part) for part in place[value])
        angle = degrees + minutes / 60 + seconds / 3600
        angle = -angle if str(place[reference]).strip("\0 ").upper() == negative else angle
    except BROKEN:
        return None
    return angle if isfinite(angle) and abs(angle) <= limit else None

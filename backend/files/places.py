"""Takes the position out of a kept file without touching anything else: same length, same pixels and sound, bit by bit.

What is overwritten lies in the clear in every format that is taken: the GPS tags of EXIF (JPEG, HEIC, WebP, PNG), XMP
as text, and the coordinates that films carry as text by ISO 6709. Only PNG guards its parts by checksums, which are set
anew, and may pack text, which is left out.
"""

import re
import struct
import zlib
from collections.abc import Iterator

_TIFF = re.compile(rb"II\*\0|MM\0\*")
_XMP = re.compile(rb"<x:xmpmeta\b.*?</x:xmpmeta>", re.DOTALL)
_ISO6709 = re.compile(rb"[+-]\d{2,6}\.\d+[+-]\d{3,7}\.\d+(?:[+-]\d+(?:\.\d+)?)?(?:CRS\w+)?/?")
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TEXT = {b"tEXt", b"zTXt", b"iTXt"}
_GPS_POINTER = 0x8825
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""Bytes of one value, by TIFF's type."""
_MOST_TAGS = 256
"""Cameras write some sixty into one directory."""


def removed(content: bytes) -> bytes:
    """Without any position; the same object where there is none. Twice is once."""
    if content.startswith(_PNG):
        return _png(content)
    changed = bytearray(content)
    _blank(changed)
    return content if changed == content else bytes(changed)


def _blank(content: bytearray) -> None:
    """Every block of EXIF in it, also those of pictures within the picture."""
    for found in _TIFF.finditer(bytes(content)):
        for start, end in _gps_of(content, found.start()):
            content[start:end] = bytes(end - start)
    for pattern, filling in ((_XMP, b" "), (_ISO6709, b"0")):
        for found in list(pattern.finditer(content)):
            content[found.start() : found.end()] = filling * (found.end() - found.start())


def _gps_of(content: bytearray, base: int) -> Iterator[tuple[int, int]]:
    """The stretches that hold the values of the GPS tags of the TIFF that begins at `base`; none where it is none."""
    order = "<" if content[base : base + 1] == b"I" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", content, base + 4)
        for tag, _, _, at in _tags(content, base, first, order):
            if tag == _GPS_POINTER:
                (place,) = struct.unpack_from(f"{order}I", content, at)
                yield from _values(content, base, place, order)
    except struct.error:
        return


def _values(content: bytearray, base: int, place: int, order: str) -> Iterator[tuple[int, int]]:
    for _, kind, count, at in _tags(content, base, place, order):
        length = _SIZES[kind] * count
        if length <= 4:
            yield at, at + 4
            continue
        (offset,) = struct.unpack_from(f"{order}I", content, at)
        if base + offset + length <= len(content):
            yield base + offset, base + offset + length


def _tags(content: bytearray, base: int, offset: int, order: str) -> list[tuple[int, int, int, int]]:
    """(tag, type, count, where its value or the value's offset stands) of one directory; none of what is no directory.

    Chance begins like a TIFF once in some photos, and never goes on like one.
    """
    (number,) = struct.unpack_from(f"{order}H", content, base + offset)
    if number > _MOST_TAGS:
        return []
    found = []
    for entry in range(number):
        at = base + offset + 2 + entry * 12
        tag, kind, count = struct.unpack_from(f"{order}HHI", content, at)
        if kind not in _SIZES:
            return []
        found.append((tag, kind, count, at + 8))
    return found


def _png(content: bytes) -> bytes:
    """Chunk by chunk, then what follows the last one."""
    out, at = [_PNG], len(_PNG)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if kind == b"eXIf":
            body = bytearray(content[at + 8 : end - 4])
            _blank(body)
            out.append(content[at : at + 8] + body + struct.pack(">I", zlib.crc32(kind + body)))
        elif kind not in _PNG_TEXT:
            out.append(content[at:end])
        at = end
        if kind == b"IEND":
            break
    rest = bytearray(content[at:])
    _blank(rest)
    return b"".join([*out, rest])

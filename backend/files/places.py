"""Takes the position out of a kept file without touching anything else: same length, same pixels and sound, bit by bit.

What is overwritten lies in the clear in every format that is taken: the GPS tags of EXIF (JPEG, HEIC, WebP, PNG), XMP
as text, and what films carry: coordinates as text by ISO 6709, and 3GPP's `loci`. Only PNG
guards its parts by checksums, which are set anew, and may pack text, which is left out.

Whatever is in a file, it costs seconds: a recording is looked through before anybody sees it.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice

_TIFF = re.compile(rb"II\*\0|MM\0\*")
_XMP = ((b"<x:xmpmeta", b"</x:xmpmeta>"), (b"<rdf:RDF", b"</rdf:RDF>"))
"""The second also stands without the first."""
_ISO6709 = re.compile(
    rb"[+-]\d{2,6}\.\d+[+-]\d{3,7}\.\d+(?:[+-]\d+(?:\.\d+)?)?(?:CRS\w+)?/?"
    rb"|[+-]\d{4,6}[+-]\d{5,7}(?:[+-]\d+(?:\.\d+)?)?(?:CRS\w+)?/"
)
"""Degrees with decimals, or whole minutes or seconds, which only the end mark tells from other figures."""
_LOOSELY = re.compile(rb"[+-]\d{2,6}[.\d]{0,12}[+-]\d{3,7}")
_LEAST_LOCI = 30
_MOST_BOX = 4096
"""Bytes of a box or of an EXIF value that names a place; what is longer is chance."""
_MOST_BLOCKS = 256
"""Of EXIF in one file: a picture, what it was made of, and its previews."""
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
    for found in islice(_TIFF.finditer(bytes(content)), _MOST_BLOCKS):
        for start, end in _gps_of(content, found.start()):
            content[start:end] = bytes(end - start)
    for opening, closing in _XMP:
        for start, end in list(_between(content, opening, closing)):
            content[start:end] = b" " * (end - start)
    for found in list(_ISO6709.finditer(content)):
        content[found.start() : found.end()] = b"0" * (found.end() - found.start())
    for start, end in _loci(content):
        content[start:end] = bytes(end - start)


def told_by_film(content: bytes) -> bool:
    """Whether a film's boxes still name a place, in whatever words: looked for apart from how it is taken out."""
    if any(any(content[start:end]) for start, end in _loci(content)):
        return True
    if any(re.search(rb"[1-9]", content[start + 4 : end]) for start, end in _boxes(content, b"\xa9xyz")):
        return True
    by_apple = b"com.apple.quicktime.location.ISO6709" in content
    return by_apple and any(re.search(rb"[1-9]", found[0]) for found in _LOOSELY.finditer(content))


def _between(content: bytes | bytearray, opening: bytes, closing: bytes) -> Iterator[tuple[int, int]]:
    """From each opening to the next closing; each byte is looked at once, however many are never closed."""
    end = 0
    while (start := content.find(opening, end)) >= 0 and (found := content.find(closing, start)) >= 0:
        end = found + len(closing)
        yield start, end


def _boxes(content: bytes | bytearray, kind: bytes) -> Iterator[tuple[int, int]]:
    """Where the content of each box of this kind begins and ends."""
    at = content.find(kind, 4)
    while at >= 0:
        (length,) = struct.unpack_from(">I", content, at - 4)
        end = at + 4
        if 8 <= length <= _MOST_BOX and at - 4 + length <= len(content):
            end = at - 4 + length
            yield at + 4, end
        at = content.find(kind, end)


def _loci(content: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """3GPP TS 26.244: after version and flags a name, a role, the coordinates and two texts."""
    for start, end in _boxes(content, b"loci"):
        if end - start >= _LEAST_LOCI - 8 and not any(content[start : start + 4]):
            yield start + 4, end


def _gps_of(content: bytearray, base: int) -> Iterator[tuple[int, int]]:
    """The stretches that hold the values of the GPS tags of the TIFF that begins at `base`; none where it is none."""
    order = "<" if content[base : base + 1] == b"I" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", content, base + 4)
        for tag, _, _, at in _tags(content, base, first, order):
            if tag == _GPS_POINTER:
                (place,) = struct.unpack_from(f"{order}I", content, at)
                yield from _values(content, base, place, order)
                return
    except struct.error:
        return


def _values(content: bytearray, base: int, place: int, order: str) -> Iterator[tuple[int, int]]:
    for _, kind, count, at in _tags(content, base, place, order):
        length = _SIZES[kind] * count
        if length <= 4:
            yield at, at + 4
            continue
        (offset,) = struct.unpack_from(f"{order}I", content, at)
        if length <= _MOST_BOX and base + offset + length <= len(content):
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

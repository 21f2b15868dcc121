"""When two photos are one, by their difference hashes: 64 bits as a signed number, `files.Attachment.phash`.

The distance is the number of bits in which two differ. Five bands of it are kept for the index: of two hashes that
differ in up to four bits at least one band is the same, so none is missed.
"""

_MASK = (1 << 64) - 1
_WIDTHS = (13, 13, 13, 13, 12)
LEAST_DETAIL = 8
"""Bits that rise, and that fall, in the picture of anything. A wall, a hand before the lens or a dark room has fewer,
and would be taken for every other."""


def distance_bits(one: int, other: int) -> int:
    return ((one ^ other) & _MASK).bit_count()


def tells_apart(phash: int) -> bool:
    """Whether there is enough in the picture to recognise it."""
    return LEAST_DETAIL <= (phash & _MASK).bit_count() <= 64 - LEAST_DETAIL


def bands_of(phash: int) -> list[int]:
    """Each band's bits, with the number of the band above them."""
    rest, bands = phash & _MASK, []
    for number, width in enumerate(_WIDTHS):
        bands.append(number << 13 | rest & ((1 << width) - 1))
        rest >>= width
    return bands

"""What scanners read, brought to one form. Sources: GS1 General Specifications 24 (check digit 7.9, element strings
7.8) and GS1 Digital Link URI Syntax 1.3."""

import re
import unicodedata
from itertools import pairwise
from urllib.parse import urlsplit

from backend.core.errors import Invalid
from backend.core.text import bilingual

GTIN_LENGTHS = {8, 12, 13, 14}
"""EAN-8, UPC-A, EAN-13 and ITF-14."""
FNC1 = "\x1d"
GS1_SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")
"""Symbology identifiers (ISO/IEC 15424) that announce element strings."""
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_BRACKETED = re.compile(r"\(01\)([0-9]{14})(?![0-9])")
_PLAIN = re.compile(r"01([0-9]{14})")
_PREDEFINED_LENGTH = {
    "00": 20,
    "02": 16,
    "03": 16,
    "04": 18,
    **{str(ai): 8 for ai in range(11, 20)},
    "20": 4,
    **{str(ai): 10 for ai in range(31, 37)},
    "41": 16,
}
"""Characters of an element string, its two-digit prefix included, where no FNC1 need follow it."""


class BadCheckDigit(Invalid):
    code = "bad_check_digit"
    message = bilingual("条码校验位不正确，请重新扫描。", "The barcode's check digit is wrong. Scan it again.")


def normalised_barcode(scanned: str) -> str:
    """GTINs without the zeros that only pad them (UPC-A as EAN-13), whatever carried them: bare digits, a GS1 element
    string with AI 01, a GS1 Digital Link. Any other code as it is. Raises BadCheckDigit for a GTIN misread."""
    text = unicodedata.normalize("NFKC", scanned).strip(" \t\r\n")
    announced = text.startswith(GS1_SYMBOLOGIES)
    if _SYMBOLOGY.match(text):
        text = text[3:]
    digits = "".join(text.split(" "))
    if announced or not _is_gtin_shaped(digits):
        digits = _carried_gtin(text, announced=announced) or ""
    if not digits:
        return text
    if not has_valid_check_digit(digits):
        raise BadCheckDigit(barcode=digits)
    return _without_padding(digits)


def has_valid_check_digit(digits: str) -> bool:
    """Modulo 10, weights 3 and 1 alternating from the right, the check digit itself weighing 1."""
    weighted = (int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(reversed(digits)))
    return sum(weighted) % 10 == 0


def _is_gtin_shaped(text: str) -> bool:
    return len(text) in GTIN_LENGTHS and text.isascii() and text.isdigit()


def _without_padding(digits: str) -> str:
    gtin = digits.zfill(14)
    if gtin.startswith("000000"):
        return gtin[6:]
    return gtin.removeprefix("0")


def _carried_gtin(text: str, *, announced: bool) -> str | None:
    if text.lower().startswith(("http://", "https://")):
        return _from_digital_link(text)
    if bracketed := _BRACKETED.search(text):
        return bracketed[1]
    if announced or FNC1 in text:
        return _from_element_string(text)
    if (plain := _PLAIN.match(text)) and has_valid_check_digit(plain[1]):
        return plain[1]  # nothing announces GS1 here, so only a right check digit tells it from an own code
    return None


def _from_digital_link(url: str) -> str | None:
    try:
        segments = urlsplit(url).path.split("/")
    except ValueError:
        return None
    for key, value in pairwise(segments):
        if key in {"01", "gtin"} and _is_gtin_shaped(value):
            return value
    return None


def _from_element_string(text: str) -> str | None:
    position = 0
    while position < len(text):
        prefix = text[position : position + 2]
        if prefix == "01":
            gtin = text[position + 2 : position + 16]
            return gtin if len(gtin) == 14 and _is_gtin_shaped(gtin) else None
        if text[position] == FNC1:
            position += 1
        elif prefix in _PREDEFINED_LENGTH:
            position += _PREDEFINED_LENGTH[prefix]
        else:
            position = text.find(FNC1, position)
            if position < 0:
                return None
    return None

"""Barcodes for goods that carry none."""


def internal_ean13(number: int) -> str:
    """An EAN-13 of the range that no maker is given: prefixes 200 to 299 are for use inside a company.

    Source: GS1 General Specifications 24, 1.4.3 (prefixes) and 7.9 (check digit). `number` has at most ten digits.
    """
    digits = f"20{number:010d}"
    weighted = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"

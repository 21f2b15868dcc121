"""Days, times and moments as forms write them (RFC 3339)."""

import re
from datetime import date, datetime, time


def is_day(text: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)) and _reads(date, text)


def is_time_of_day(text: str) -> bool:
    return bool(re.fullmatch(r"\d\d:\d\d(:\d\d)?", text, re.ASCII)) and _reads(time, text)


def is_moment(text: str) -> bool:
    """With its offset."""
    form = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)"
    return bool(re.fullmatch(form, text, re.ASCII)) and _reads(datetime, text.upper())


def _reads(kind: type[date] | type[time], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True

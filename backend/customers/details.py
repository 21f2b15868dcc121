"""The company's own fields of its customers."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from backend.core.text import bilingual
from backend.customers.errors import BadDetails
from backend.customers.models import CustomerField

LONGEST = 500
WRONG = {
    "unknown": bilingual("没有这个字段。", "There is no such field."),
    "bad_value": bilingual("值不符合字段类型。", "The value is none of this field."),
    "missing": bilingual("必填。", "Required."),
}


def checked(*, company_id: UUID, given: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """What is there with what is given laid over it; null takes a value away. Raises BadDetails.

    Values of fields that are no longer in use stay as they are.
    """
    result, wrong = judged(fields_of(company_id), given=given, present=present)
    if wrong:
        raise BadDetails(fields={f"details.{key}": str(WRONG[code]) for key, code in wrong.items()})
    return result


def fields_of(company_id: UUID) -> dict[str, CustomerField]:
    return {field.key: field for field in CustomerField.objects.filter(company_id=company_id, is_active=True)}


def judged(
    known: Mapping[str, CustomerField], *, given: Mapping[str, Any], present: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values, and what is wrong (a key of WRONG) with which."""
    wrong = {key: "unknown" for key in given if key not in known}
    result = {key: value for key, value in {**present, **given}.items() if value is not None and value != ""}
    for key, field in known.items():
        if key in given and key in result and not _fits(field, result[key]):
            wrong[key] = "bad_value"
        if field.is_required and key not in result:
            wrong[key] = "missing"
    return result, wrong


def _fits(field: CustomerField, value: Any) -> bool:
    match field.kind:
        case CustomerField.Kind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
        case CustomerField.Kind.CHOICE:
            return value in field.choices
        case CustomerField.Kind.DAY:
            return isinstance(value, str) and _is_day(value)
        case _:
            return isinstance(value, str) and len(value) <= LONGEST and "\0" not in value


def _is_day(value: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) and date.fromisoformat(value))
    except ValueError:
        return False

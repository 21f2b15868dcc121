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


def checked(*, company_id: UUID, given: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """What is there with what is given laid over it; null takes a value away. Raises BadDetails.

    Values of fields that are no longer in use stay as they are.
    """
    known = {field.key: field for field in CustomerField.objects.filter(company_id=company_id, is_active=True)}
    wrong: dict[str, str] = {
        f"details.{key}": str(bilingual("没有这个字段。", "There is no such field."))
        for key in given
        if key not in known
    }
    result = {key: value for key, value in {**present, **given}.items() if value is not None and value != ""}
    for key, field in known.items():
        if key in given and key in result and not _fits(field, result[key]):
            wrong[f"details.{key}"] = str(bilingual("值不符合字段类型。", "The value is none of this field."))
        if field.is_required and key not in result:
            wrong[f"details.{key}"] = str(bilingual("必填。", "Required."))
    if wrong:
        raise BadDetails(fields=wrong)
    return result


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

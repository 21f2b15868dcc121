"""From the platform's JSON to a snapshot's parts. Strange members are left out, strange answers are Inconsistent."""

import re
from typing import Any

from backend.wechat.directory.snapshot import Inconsistent, Party, Person
from backend.wechat.members import e164
from backend.wechat.text import one_line
from backend.wechat.wecom import USER_ID

Answer = dict[str, Any]
MAX_NAME = 64
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}")


def rows(answer: Answer, field: str) -> list[Answer]:
    """The list of objects under this name; an answer without it is no answer."""
    found = answer.get(field)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Inconsistent(f"the answer holds no {field}")
    return found


def party(row: Answer) -> Party:
    number, parent = _number(row.get("id")), _number(row.get("parentid"))
    if number is None:
        raise Inconsistent("a department without an id")
    leaders = tuple(str(user).lower() for user in _listed(row.get("department_leader")) if is_user_id(user))
    return Party(number, _name(row.get("name")), parent or 0, _number(row.get("order")) or 0, leaders)


def person(row: Answer) -> Person | None:
    """None for what has no id we could use."""
    user_id = row.get("userid")
    if not is_user_id(user_id):
        return None
    parties = tuple(number for item in _listed(row.get("department")) if (number := _number(item)) is not None)
    flags = [_number(flag) for flag in _listed(row.get("is_leader_in_dept"))]
    mobile, email = _text(row.get("mobile")), _text(row.get("email")) or _text(row.get("biz_mail"))
    status = _number(row.get("status"))
    return Person(
        user_id=str(user_id),
        name=_name(row.get("name")) or str(user_id),
        party_ids=parties,
        main_party_id=_number(row.get("main_department")),
        leads=tuple(number for number, flag in zip(parties, flags, strict=False) if flag == 1),
        direct_leaders=tuple(str(user).lower() for user in _listed(row.get("direct_leader")) if is_user_id(user)),
        status=1 if status is None else status,
        phone=e164(mobile) if sum(char.isdigit() for char in mobile) >= 7 else "",
        email=email if EMAIL.fullmatch(email) else "",
    )


def is_user_id(value: object) -> bool:
    return isinstance(value, str) and bool(USER_ID.fullmatch(value))


def _number(value: object) -> int | None:
    """Numbers come as numbers or as text; ids of departments reach 2³²."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _name(value: object) -> str:
    return _text(value)[:MAX_NAME]

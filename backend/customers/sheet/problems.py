"""What may be wrong with a row of customers. The codes are part of the API; the texts follow the reader's language."""

from typing import Any

from backend.core import sheet_problems
from backend.core.sheet_problems import COMMON

TEXTS: dict[str, tuple[str, str]] = {
    **COMMON,
    "code_taken": ("编码“{value}”已被您看不到的客户使用", "code “{value}” belongs to a customer you do not see"),
    "in_recycle_bin": ("编码“{value}”的客户在回收站中", "the customer with code “{value}” is in the recycle bin"),
    "not_in_charge": ("该客户不由您负责", "this customer is not yours to change"),
    "bad_credit_code": ("统一社会信用代码“{value}”的校验位不符", "the check digit of “{value}” is wrong"),
    "credit_code_taken": ("该信用代码已属于客户 {code}", "this credit code belongs to customer {code}"),
    "credit_code_hidden": ("该信用代码已有客户使用", "a customer with this credit code exists"),
    "likely_duplicate": ("疑似与客户 {code} 重复", "looks like customer {code}"),
    "likely_duplicate_hidden": ("疑似与您看不到的客户重复", "looks like a customer you do not see"),
    "ambiguous": ("与多个客户相似：{codes}；请填写客户编码", "looks like several customers: {codes}; fill in the code"),
    "incomplete_place": (
        "纬度、经度、坐标系须同时填写",
        "latitude, longitude and datum go together",
    ),
    "required": ("必填", "is required"),
    "too_many_places": ("该客户的地点已达上限", "this customer has as many places as it may have"),
    "unknown_entry": ("“{value}”不在字典中，可选：{choices}", "“{value}” is not in the dictionary: {choices}"),
    "changed_since": (
        "预览之后该客户已被修改，未导入",
        "the customer was changed after the preview, and is left as it is",
    ),
}


def say(code: str, about: dict[str, Any]) -> str:
    return sheet_problems.say(TEXTS, code, about)

"""What may be wrong with a row. The codes are part of the API; the texts are said in the reader's language."""

from dataclasses import dataclass, field
from typing import Any

from backend.core.text import bilingual

TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("必填，不能为空", "is required"),
    "too_long": ("最多 {most} 个字符", "has more than {most} characters"),
    "bad_value": ("“{value}”无效", "“{value}” is not valid"),
    "became_a_date": (
        "“{value}”被电子表格转成了日期，请将单元格设为文本后重新填写",
        "“{value}” was turned into a date by the spreadsheet; format the cell as text and type it again",
    ),
    "digits_lost": (
        "“{value}”以科学计数法保存，数字已丢失，请将单元格设为文本后重新填写",
        "“{value}” was saved in scientific notation and has lost digits; format the cell as text and type it again",
    ),
    "leading_zeros_lost": (
        "没有“{value}”，已有“{known}”：前导零可能丢失，请将单元格设为文本",
        "there is no “{value}”, but “{known}”: leading zeros were probably lost; format the cell as text",
    ),
    "formula": ("“{value}”像一个公式", "“{value}” looks like a formula"),
    "duplicate": ("与第 {row} 行重复", "is the same as on row {row}"),
    "depends_on_error": ("所引用的第 {row} 行（{sheet}）有误", "refers to row {row} ({sheet}), which is in error"),
    "unknown_department": ("没有部门“{value}”", "there is no department “{value}”"),
    "department_dissolved": ("部门“{value}”已撤销", "department “{value}” is dissolved"),
    "circular_departments": ("上下级成环：{chain}", "forms a circle: {chain}"),
    "unknown_employee": ("没有员工“{value}”", "there is no employee “{value}”"),
    "employee_left": ("员工“{value}”已离职", "employee “{value}” has left"),
    "own_manager": ("不能是本人", "may not be the person himself"),
    "circular_reporting": ("上下级成环：{chain}", "forms a circle: {chain}"),
    "unknown_role": ("没有角色“{value}”", "there is no role “{value}”"),
    "grants_too_much": (
        "涉及的角色“{role}”超出您自身的权限",
        "role “{role}”, which this concerns, holds more than you do",
    ),
    "phone_taken": ("已是员工“{number}”的手机", "is the phone of employee “{number}”"),
    "has_left": ("该员工已离职；先将状态改为在职", "the person has left; set the status to active first"),
    "locks_you_out": ("不能撤销自己的管理权限或将自己离职", "you may not take away your own administration"),
    "last_administrator": ("企业至少须保留一名管理员", "a company needs at least one administrator"),
    "no_wecom": ("企业未接入（或接入了多家）企业微信", "the company has connected no WeCom corporation, or several"),
    "wecom_taken": ("该企业微信账号已绑定他人", "this WeCom account is bound to somebody else"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    column: str
    code: str
    about: dict[str, Any] = field(default_factory=dict)


def say(code: str, about: dict[str, Any]) -> str:
    zh, en = TEXTS[code]
    return str(bilingual(zh.format(**about), en.format(**about)))

"""What may be wrong with a row. The codes are part of the API; the texts are said in the reader's language."""

from typing import Any

from backend.core import sheet_problems
from backend.core.sheet_problems import COMMON
from backend.core.sheet_problems import Problem as Problem

TEXTS: dict[str, tuple[str, str]] = {
    **COMMON,
    "leading_zeros_lost": (
        "没有“{value}”，已有“{known}”：前导零可能丢失，请将单元格设为文本",
        "there is no “{value}”, but “{known}”: leading zeros were probably lost; format the cell as text",
    ),
    "depends_on_error": ("所引用的第 {row} 行（{sheet}）有误", "refers to row {row} ({sheet}), which is in error"),
    "unknown_department": ("没有部门“{value}”", "there is no department “{value}”"),
    "department_dissolved": ("部门“{value}”已撤销", "department “{value}” is dissolved"),
    "circular_departments": ("上下级成环：{chain}", "forms a circle: {chain}"),
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


def say(code: str, about: dict[str, Any]) -> str:
    return sheet_problems.say(TEXTS, code, about)

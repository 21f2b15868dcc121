"""The columns of the two tables."""

from backend.core.sheet_columns import CLEAR as CLEAR
from backend.core.sheet_columns import Column as Column
from backend.core.text import bilingual, in_both

DEPARTMENTS, EMPLOYEES = "departments", "employees"
TITLES = {DEPARTMENTS: ("部门", "Departments"), EMPLOYEES: ("员工", "Employees")}
NAMES = {kind: bilingual(*words) for kind, words in TITLES.items()}
COLUMNS: dict[str, tuple[Column, ...]] = {
    DEPARTMENTS: (
        Column("code", "部门编码", "Department code", ("编码", "code"), ("必填，不可重复", "required, once")),
        Column("name", "部门名称", "Department name", ("名称", "部门", "name"), ("新部门必填", "required if new")),
        Column(
            "parent",
            "上级部门编码",
            "Parent code",
            ("上级部门", "上级编码", "上级", "Parent"),
            ("可写在本表任意行；新部门留空则归入公司", "may be on any row; empty for a new one: the company itself"),
        ),
        Column("leader", "负责人工号", "Leader number", ("负责人", "Leader"), ("员工工号", "number of an employee")),
        Column("position", "排序", "Order", ("次序", "position"), ("同级中的次序，整数", "among its siblings")),
    ),
    EMPLOYEES: (
        Column("number", "工号", "Number", ("员工编号", "Employee number"), ("必填，不可重复", "required, once")),
        Column("name", "姓名", "Name", ("员工姓名",), ("新员工必填", "required if new")),
        Column(
            "department",
            "部门编码",
            "Department code",
            ("所属部门编码", "部门", "Department"),
            ("新员工必填", "required if new"),
        ),
        Column("department_name", "部门名称", "Department name", ("所属部门",), is_read=False),
        Column(
            "manager",
            "主管工号",
            "Manager number",
            ("直属上级工号", "主管", "Manager"),
            ("可写在本表任意行", "may be on any row"),
        ),
        Column("manager_name", "主管姓名", "Manager name", is_read=False),
        Column("roles", "角色编码", "Roles", ("角色", "Role"), ("多个用逗号分隔", "several with commas")),
        Column("phone", "手机", "Phone", ("手机号", "手机号码", "Mobile"), ("不可与他人相同", "nobody else's")),
        Column("email", "邮箱", "E-mail", ("电子邮箱", "Email")),
        Column("wecom", "企业微信账号", "WeCom user id", ("企业微信 UserID", "WeCom", "userid")),
        Column("status", "状态", "Status", ("在职状态",), ("在职 active 或 离职 left", "在职 active or 离职 left")),
    ),
}
KEYS = {DEPARTMENTS: "code", EMPLOYEES: "number"}
STATUSES = {"active": in_both("在职", "active"), "left": in_both("离职", "left")}
ACTIVE_WORDS = frozenset({"在职", "active", "是", "true", "yes", "1", "在职/active"})
LEFT_WORDS = frozenset({"离职", "left", "否", "false", "no", "0", "离职/left", "dismissed"})


def column(kind: str, field: str) -> Column:
    return next(one for one in COLUMNS[kind] if one.field == field)

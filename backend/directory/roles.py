"""What an employee may do (capabilities), how far he sees (scopes) and which sensitive fields he sees (fields), and the
roles a new company starts with.

A capability is `resource.verb`. `read` opens a resource's lists and details, within the data scope of the role; the
other verbs are commands. Approvals, files, comments and notifications have none of their own: who is asked decides,
and who sees a document sees what hangs on it.
"""

from dataclasses import dataclass, field

from backend.core.actor import Scope
from backend.core.text import bilingual

CAPABILITIES: dict[str, str] = {
    "customer.read": bilingual("查看客户", "see customers"),
    "customer.write": bilingual("维护客户", "maintain customers"),
    "customer.export": bilingual("导出客户", "export customers"),
    "customer.import": bilingual("导入客户", "import customers"),
    "visit.read": bilingual("查看拜访", "see visits"),
    "visit.write": bilingual("拜访签到签退", "log visits"),
    "visit.assign": bilingual("为下属安排拜访", "plan visits for the team"),
    "visit.review": bilingual("审核存疑签到", "review doubtful check-ins"),
    "visit.positions": bilingual("查看精确位置", "see exact positions"),
    "visit.manage": bilingual("设置签到规则与授权文本", "set check-in rules and consent texts"),
    "visit.export": bilingual("导出拜访", "export visits"),
    "expense.read": bilingual("查看费用", "see expenses"),
    "expense.write": bilingual("申请与报销费用", "request and claim expenses"),
    "expense.pay": bilingual("付款", "pay expense claims"),
    "order.read": bilingual("查看订单", "see orders"),
    "order.write": bilingual("录入订单", "enter orders"),
    "stock.read": bilingual("查询库存", "look up stock"),
    "catalog.read": bilingual("查看商品", "see products"),
    "catalog.write": bilingual("维护商品", "maintain products"),
    "erp.operate": bilingual("导入与对账 ERP 数据", "import and reconcile ERP data"),
    "directory.manage": bilingual("管理部门与员工", "manage departments and people"),
    "directory.export": bilingual("导出部门与员工", "export departments and people"),
    "role.manage": bilingual("管理角色与权限", "manage roles and rights"),
    "handover.manage": bilingual("安排下属的工作移交与委托", "arrange handovers and delegations of the team"),
    "audit.read": bilingual("查看审计记录", "read the audit trail"),
}
ADMINISTRATION = "role.manage"
"""Who has it is an administrator: he alone grants what he does not hold himself."""

RESOURCES: dict[str, str] = {
    "customer": bilingual("客户", "customers"),
    "visit": bilingual("拜访", "visits"),
    "expense": bilingual("费用", "expenses"),
    "order": bilingual("订单", "orders"),
    "approval": bilingual("审批", "approvals"),
    "file": bilingual("附件", "files"),
    "directory": bilingual("组织架构", "directory"),
}

SCOPES: dict[str, str] = {
    Scope.OWN: bilingual("本人", "own"),
    Scope.DEPARTMENT: bilingual("本部门", "own department"),
    Scope.SUBTREE: bilingual("本部门及下级", "own department and all below"),
    Scope.COMPANY: bilingual("全部", "whole company"),
}

FIELDS: dict[str, str] = {
    "cost": bilingual("成本价", "cost prices"),
    "stock": bilingual("精确库存数", "exact stock figures"),
    "receivable": bilingual("开票与收款金额", "amounts invoiced and paid"),
    "colleague_contact": bilingual("同事的手机与邮箱", "colleagues' phones and e-mails"),
    "customer_contact": bilingual("客户及联系人的电话与邮箱", "phones and e-mails of customers and contacts"),
}


@dataclass(frozen=True, slots=True)
class RoleTemplate:
    code: str
    name: str
    capabilities: tuple[str, ...]
    scope: Scope
    fields: tuple[str, ...]
    is_staff: bool = False
    wider: dict[str, Scope] = field(default_factory=dict)
    """Resources with another scope than `scope`."""

    @property
    def scopes(self) -> dict[str, Scope]:
        return {**dict.fromkeys(RESOURCES, self.scope), **self.wider}


_READS = tuple(f"{resource}.read" for resource in ("customer", "visit", "expense", "order", "stock", "catalog"))
_FIELD_WORK = (*_READS, "customer.write", "visit.write", "expense.write", "order.write")
_FILES = ("customer.export", "customer.import", "visit.export")
_FIELD_SIGHT = tuple(name for name in FIELDS if name != "cost")
_COLLEAGUES = {"directory": Scope.COMPANY}

STANDARD_ROLES: tuple[RoleTemplate, ...] = (
    RoleTemplate("rep", "业务员", _FIELD_WORK, Scope.OWN, _FIELD_SIGHT, wider=_COLLEAGUES),
    RoleTemplate(
        "manager",
        "主管",
        (*_FIELD_WORK, *_FILES, "visit.assign", "visit.review", "visit.positions", "handover.manage"),
        Scope.SUBTREE,
        _FIELD_SIGHT,
        wider=_COLLEAGUES,
    ),
    RoleTemplate("finance", "财务", (*_READS, "expense.write", "expense.pay"), Scope.COMPANY, tuple(FIELDS)),
    RoleTemplate("administrator", "管理员", tuple(CAPABILITIES), Scope.COMPANY, tuple(FIELDS), is_staff=True),
)

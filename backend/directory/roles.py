"""What an employee may do (capabilities) and how far he sees (scopes), and the roles a new company starts with."""

from dataclasses import dataclass

from backend.core.actor import Scope
from backend.core.text import bilingual

CAPABILITIES: dict[str, str] = {
    "customer.write": bilingual("维护客户", "maintain customers"),
    "visit.write": bilingual("拜访签到签退", "log visits"),
    "visit.review": bilingual("审核存疑签到", "review doubtful check-ins"),
    "expense.write": bilingual("申请与报销费用", "request and claim expenses"),
    "expense.pay": bilingual("付款", "pay expense claims"),
    "order.write": bilingual("录入订单", "enter orders"),
    "stock.read": bilingual("查询库存", "look up stock"),
    "cost.read": bilingual("查看成本", "see cost prices"),
    "catalog.write": bilingual("维护商品", "maintain products"),
    "erp.operate": bilingual("导入与对账 ERP 数据", "import and reconcile ERP data"),
    "directory.manage": bilingual("管理组织与角色", "manage people and roles"),
    "handover.manage": bilingual("安排下属的工作移交与委托", "arrange handovers and delegations of the team"),
    "audit.read": bilingual("查看审计记录", "read the audit trail"),
}

RESOURCES: dict[str, str] = {
    "customer": bilingual("客户", "customers"),
    "visit": bilingual("拜访", "visits"),
    "expense": bilingual("费用", "expenses"),
    "order": bilingual("订单", "orders"),
    "approval": bilingual("审批", "approvals"),
    "file": bilingual("附件", "files"),
}


@dataclass(frozen=True, slots=True)
class RoleTemplate:
    code: str
    name: str
    capabilities: tuple[str, ...]
    scope: Scope
    is_staff: bool = False


_FIELD_WORK = ("customer.write", "visit.write", "expense.write", "order.write", "stock.read")

STANDARD_ROLES: tuple[RoleTemplate, ...] = (
    RoleTemplate("rep", "业务员", _FIELD_WORK, Scope.OWN),
    RoleTemplate("manager", "主管", (*_FIELD_WORK, "visit.review", "handover.manage"), Scope.SUBTREE),
    RoleTemplate("finance", "财务", ("expense.write", "expense.pay", "stock.read", "cost.read"), Scope.COMPANY),
    RoleTemplate("administrator", "管理员", tuple(CAPABILITIES), Scope.COMPANY, is_staff=True),
)

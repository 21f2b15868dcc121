"""Which parts of the application the phone shows: what the company uses, and what the person may at least read.

A company switches them by `services.company.switch_features`.
"""

from backend.core.actor import Actor
from backend.core.text import bilingual
from backend.directory.models import Company

FEATURES: dict[str, str] = {
    "customers": bilingual("客户", "customers"),
    "visits": bilingual("拜访", "visits"),
    "expenses": bilingual("费用", "expenses"),
    "orders": bilingual("订单", "orders"),
    "stock": bilingual("库存", "stock"),
    "directory_admin": bilingual("组织管理", "directory administration"),
    "audit": bilingual("审计记录", "audit trail"),
}
_OPENED_BY = {
    "customers": "customer.read",
    "visits": "visit.read",
    "expenses": "expense.read",
    "orders": "order.read",
    "stock": "stock.read",
    "directory_admin": "directory.manage",
    "audit": "audit.read",
}


def features_of(company: Company, actor: Actor) -> dict[str, bool]:
    """What to show, not what is allowed: that the capabilities decide, whatever is shown."""
    return {name: name not in company.features_off and actor.may(_OPENED_BY[name]) for name in FEATURES}

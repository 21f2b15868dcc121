"""What the demo company asks on visits: much of customers of level A, little of those of level B."""

from datetime import datetime
from typing import Any

from backend.catalog.models import Product
from backend.core.actor import Actor
from backend.directory.models import Company
from backend.visits.models import VisitTemplate
from backend.visits.services.templates import create_template

COUNTED = ("CN001", "CN006")
SHELF = {
    "type": "object",
    "properties": {
        "facings": {"type": "integer", "title": "排面数", "x-title-en": "Facings", "minimum": 0, "maximum": 500},
        "display": {"type": "string", "title": "陈列", "x-title-en": "Display", "enum": ["好", "一般", "差"]},
        "rival": {"type": "boolean", "title": "有竞品促销", "x-title-en": "A rival's promotion"},
        "brand": {"type": "string", "title": "竞品品牌", "x-title-en": "Whose", "maxLength": 32},
    },
    "required": ["facings", "rival"],
    "if": {"properties": {"rival": {"const": True}}, "required": ["rival"]},
    "then": {"required": ["brand"]},
}


def leave_templates(company: Company, at: datetime) -> None:
    """Once; what the company has made of its templates since is its own."""
    if VisitTemplate.objects.filter(company=company).exists():
        return
    products = Product.objects.filter(company=company, code__in=COUNTED).order_by("code")
    must_list = [str(product.pk) for product in products]
    seen_rival = {"action": "shelf", "field": "rival", "any_of": [True]}
    asked = {
        "A": [
            _action("shelf", "form", "货架检查", "Shelf", form_schema=SHELF),
            _action("front", "photo", "货架照片", "Photos", required=False, photo={"tag": "shelf"}),
            _action("count", "stock", "库存盘点", "Stock count", required=False, must_list=must_list),
            _action("rival", "competitor", "竞品记录", "Competitors", required=False, only_if=seen_rival),
            _action("order", "order", "下单", "Order", required=False),
            _action("payment", "payment", "付款承诺", "Payment promise", required=False),
        ],
        "B": [_action("note", "note", "备注", "Note", required=False)],
    }
    for level, actions in asked.items():
        create_template(
            actor=Actor.system(company.pk), name=f"{level} 级客户拜访", customer_level=level, actions=actions, at=at
        )


def _action(key: str, kind: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "title": {"zh": zh, "en": en}, **more}

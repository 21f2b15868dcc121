"""What is kept of an answer, by the kind of its action; what does not fit is named by path in both languages."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from backend.catalog.models import Product
from backend.core.clock import today_in
from backend.core.text import bilingual
from backend.directory.selectors import timezone_of
from backend.visits import linked
from backend.visits.errors import AnswerInvalid
from backend.visits.models import Visit, VisitPhoto
from backend.visits.rules.actions import Action, Kind
from backend.visits.rules.forms import Faults, answer_faults

NAMED = 5
"""So many products of a must-list are named as missing."""


def value_of(visit: Visit, action: Action, sent: Mapping[str, Any]) -> dict[str, Any]:
    """JSON to keep. Raises AnswerInvalid, OrderNotOfVisit."""
    found: Faults = {}
    value = _KINDS[Kind(action["kind"])](visit, action, sent, found)
    if found:
        raise AnswerInvalid(fields={f"{action['kind']}.{path}".rstrip("."): text for path, text in found.items()})
    return value


def _form(visit: Visit, action: Action, sent: Mapping[str, Any], found: Faults) -> dict[str, Any]:
    found |= answer_faults(action["form_schema"], sent)
    return dict(sent)


def _stock(visit: Visit, action: Action, sent: Mapping[str, Any], found: Faults) -> dict[str, Any]:
    must = set(map(UUID, action["must_list"] or ()))
    wanted = must | {line["product_id"] for line in sent["lines"]}
    known = Product.objects.filter(company_id=visit.company_id, pk__in=wanted).only("code", "name", "unit")
    products = {product.pk: product for product in known}
    counted: dict[UUID, dict[str, Any]] = {}
    for place, line in enumerate(sent["lines"]):
        product = products.get(line["product_id"])
        if product is None:
            found[f"lines.{place}.product_id"] = bilingual("没有这个商品", "there is no such product")
            continue
        if product.pk in counted:
            found[f"lines.{place}.product_id"] = bilingual("该商品已在前面盘点", "this product was counted above")
        if line["out_of_stock"] and line["quantity"]:
            found[f"lines.{place}.quantity"] = bilingual("缺货时数量须为 0", "must be 0 where it is out of stock")
        counted[product.pk] = {
            "product_id": str(product.pk),
            "code": product.code,
            "name": product.name,
            "unit": product.unit,
            "quantity": format(line["quantity"], "f"),
            "facings": line["facings"],
            "out_of_stock": line["out_of_stock"],
            "price": _money(line["price"]),
        }
    if missing := [products[pk] for pk in sorted(must - counted.keys()) if pk in products]:
        names = "、".join(f"{product.code} {product.name}" for product in missing[:NAMED])
        found["lines"] = bilingual(f"缺少必盘商品：{names}", f"products that must be counted are missing: {names}")
    return {"lines": list(counted.values())}


def _competitor(visit: Visit, action: Action, sent: Mapping[str, Any], found: Faults) -> dict[str, Any]:
    named = {file_id for item in sent["items"] for file_id in item["file_ids"]}
    there = set(VisitPhoto.objects.filter(visit=visit, attachment_id__in=named).values_list("attachment_id", flat=True))
    for place, item in enumerate(sent["items"]):
        if set(item["file_ids"]) - there:
            found[f"items.{place}.file_ids"] = bilingual("须为该拜访的照片", "must be photos of this visit")
    return {
        "items": [
            {
                "brand": item["brand"],
                "product": item["product"],
                "price": _money(item["price"]),
                "note": item["note"],
                "file_ids": [str(file_id) for file_id in item["file_ids"]],
            }
            for item in sent["items"]
        ]
    }


def _order(visit: Visit, action: Action, sent: Mapping[str, Any], found: Faults) -> dict[str, Any]:
    linked.require_order(sent["order_id"], visit)
    return {"order_id": str(sent["order_id"])}


def _payment(visit: Visit, action: Action, sent: Mapping[str, Any], found: Faults) -> dict[str, Any]:
    if sent["amount"]["amount"] <= Decimal(0):
        found["amount.amount"] = bilingual("须大于 0", "must be more than 0")
    came_at = visit.came_at
    if came_at and sent["promised_on"] < today_in(timezone_of(company_id=visit.company_id), came_at):
        found["promised_on"] = bilingual("不得早于拜访当天", "must not be before the day of the visit")
    return {"amount": _money(sent["amount"]), "promised_on": str(sent["promised_on"]), "note": sent["note"]}


def _note(visit: Visit, action: Action, sent: Mapping[str, Any], found: Faults) -> dict[str, Any]:
    return {"text": sent["text"]}


def _money(money: Mapping[str, Any] | None) -> dict[str, str] | None:
    return {"amount": format(money["amount"], "f"), "currency": money["currency"]} if money else None


_KINDS: dict[Kind, Callable[[Visit, Action, Mapping[str, Any], Faults], dict[str, Any]]] = {
    Kind.FORM: _form,
    Kind.STOCK: _stock,
    Kind.COMPETITOR: _competitor,
    Kind.ORDER: _order,
    Kind.PAYMENT: _payment,
    Kind.NOTE: _note,
}

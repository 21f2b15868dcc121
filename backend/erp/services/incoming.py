"""What an ERP says, from any channel, through one door into orders and stock."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from backend.catalog.models import Product
from backend.core.actor import Actor
from backend.core.errors import IdReused, Invalid
from backend.core.forgetting import forget
from backend.core.text import bilingual, in_both
from backend.core.transactions import commits_in_steps
from backend.erp.messages import Message, OrderEvent, StockLevel, by_order
from backend.erp.models import ErpSystem, InboxMessage
from backend.erp.selectors import order_ids_by_number
from backend.events.owed import wake_dispatcher
from backend.inventory.models import Warehouse
from backend.inventory.services import StockRow, put_stock_rows
from backend.orders import services as orders

CLOCK_SKEW = timedelta(minutes=5)
"""How far an ERP's clock may be ahead. An event dated beyond would outrank every later one until that day."""
APPLIED = timedelta(days=190)
"""In which the same message id means the same message; a signed repetition is refused long before (erp/signing.py)."""
MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Problem:
    """A statement that was left out: the event's id, or product and warehouse, and why, for people."""

    about: str
    reason: str


@dataclass(slots=True)
class Report:
    """What became of a set of statements, each an event or a stock figure."""

    applied: int = 0
    unchanged: int = 0
    unknown_orders: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


@transaction.atomic
def receive(
    *, system: ErpSystem, message_id: str, body: bytes, payload: Mapping[str, Any], at: datetime
) -> tuple[InboxMessage, bool]:
    """Keep a verified message and owe its application; sent again, the stored one and False.

    Raises IdReused where the id stands for another body, Invalid for an id that is none.
    """
    if not MESSAGE_ID.fullmatch(message_id):
        text = bilingual("消息编号须为 1 至 128 个可见 ASCII 字符。", "1 to 128 visible ASCII characters.")
        raise Invalid(fields={"webhook-id": str(text)})
    digest = hashlib.sha256(body).digest()
    message, created = InboxMessage.objects.get_or_create(
        system=system,
        external_id=message_id,
        defaults={"company_id": system.company_id, "digest": digest, "payload": payload, "received_at": at},
    )
    if created:
        wake_dispatcher()
    elif bytes(message.digest) != digest:
        raise IdReused()
    return message, created


@commits_in_steps("each portion for itself, so that no transaction grows long")
def forget_old(*, at: datetime) -> int:
    """Delete messages that were applied long ago. What waits for its order and dead letters stay."""
    return forget(InboxMessage.objects.filter(status=InboxMessage.Status.DONE, received_at__lt=at - APPLIED))


@commits_in_steps("every order is a transaction of its own, so that one unknown order holds up no other")
def apply_message(*, system: ErpSystem, message: Message, at: datetime) -> Report:
    """Take in everything that can be; the report names the rest. Repeatable, in any order with other messages."""
    report = Report()
    for number, events in by_order(message.events).items():
        apply_order_events(system=system, number=number, events=events, report=report, at=at)
    apply_stock(system=system, levels=message.stock, report=report, at=at)
    return report


@transaction.atomic
def apply_order_events(
    *, system: ErpSystem, number: str, events: Sequence[OrderEvent], report: Report, at: datetime
) -> None:
    """What one system says of one order of its own company; another company's order of that number stays unknown."""
    order_id = order_ids_by_number(company_id=system.company_id, numbers=[number]).get(number)
    if order_id is None:
        report.unknown_orders.add(number)
        return
    facts = [
        event.fact(system.code)
        for event in events
        if _not_ahead(max(event.occurred_at, event.as_of or event.occurred_at), event.name, report, at)
    ]
    done = orders.apply_progress(actor=Actor.system(system.company_id), order_id=order_id, facts=facts, at=at)
    report.applied += done.new + done.corrected
    report.unchanged += done.unchanged


@transaction.atomic
def apply_stock(*, system: ErpSystem, levels: Sequence[StockLevel], report: Report, at: datetime) -> None:
    """Figures newer than those held, of products and warehouses the company has."""
    products = _ids_by_code(Product, system, {level.product_code for level in levels})
    warehouses = _ids_by_code(Warehouse, system, {level.warehouse_code for level in levels})
    rows = []
    for level in levels:
        product_id, warehouse_id = products.get(level.product_code), warehouses.get(level.warehouse_code)
        name = level.name
        if product_id is None or warehouse_id is None:
            report.problems.append(Problem(name, in_both("未知的商品或仓库", "unknown product or warehouse")))
        elif _not_ahead(level.as_of, name, report, at):
            rows.append(StockRow(product_id, warehouse_id, level.on_hand, level.reserved, level.as_of))
    if rows:
        taken = put_stock_rows(actor=Actor.system(system.company_id), rows=rows, at=at)
        report.applied += taken
        report.unchanged += len(rows) - taken


def _not_ahead(told_at: datetime, name: str, report: Report, at: datetime) -> bool:
    if told_at <= at + CLOCK_SKEW:
        return True
    report.problems.append(
        Problem(name, in_both("时间在未来，请检查 ERP 时钟", "dated in the future, check the clock"))
    )
    return False


def _ids_by_code(model: Any, system: ErpSystem, codes: set[str]) -> dict[str, Any]:
    if not codes:
        return {}
    return dict(model.objects.filter(company_id=system.company_id, code__in=codes).values_list("code", "pk"))

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from backend.catalog.models import Product
from backend.catalog.selectors import get_products, prices_for
from backend.core import money
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid
from backend.core.text import bilingual
from backend.customers.selectors import get_customer
from backend.orders import rules
from backend.orders.models import Follower, Line, Order, OrderEvent
from backend.orders.rules import Fact, Progress


class ProductTwice(Invalid):
    code = "product_twice"
    message = bilingual("同一商品请合并为一行。", "Put each product on one line only.")


class NotOnSale(Conflict):
    code = "product_not_on_sale"
    message = bilingual("订单中有已停售的商品。", "The order contains products that are no longer sold.")


class MixedCurrencies(Conflict):
    code = "mixed_currencies"
    message = bilingual("不同币种的商品请分开下单。", "Order products of different currencies separately.")


class AmountTooLarge(Invalid):
    code = "amount_too_large"
    message = bilingual("订单金额超出上限。", "The amount of the order is too large.")


@dataclass(frozen=True, slots=True)
class Item:
    """A product and how much of it; `id` is the device's name for the line."""

    product_id: UUID
    quantity: Decimal
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class QuotedLine:
    item: Item
    product: Product
    unit_price: Decimal
    """Tax included, like `amount`."""
    tax_rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    lines: tuple[QuotedLine, ...]
    total: Decimal
    currency: str


def quote(*, actor: Actor, customer_id: UUID, items: Sequence[Item], at: datetime) -> Quote:
    """What this basket costs this customer now, in four queries. Nothing is stored.

    Raises NotFound for a customer or product the actor does not see, ProductTwice, NotOnSale, MixedCurrencies,
    AmountTooLarge.
    """
    actor.require("order.write")
    customer = get_customer(actor=actor, customer_id=customer_id)
    quantities = {item.product_id: item.quantity for item in items}
    if len(quantities) < len(items):
        raise ProductTwice(fields={"lines": str(ProductTwice.message)})
    products = get_products(actor=actor, product_ids=quantities)
    if gone := [product.code for product in products.values() if not product.is_active]:
        raise NotOnSale(product_codes=sorted(gone))
    prices = prices_for(company_id=actor.company_id, customer_level=customer.level, quantities=quantities, at=at)
    currencies = {price.currency for price in prices.values()}
    if len(currencies) != 1:
        raise MixedCurrencies(currencies=sorted(currencies))
    lines = tuple(
        QuotedLine(
            item=item,
            product=products[item.product_id],
            unit_price=prices[item.product_id].unit_price,
            tax_rate=prices[item.product_id].tax_rate,
            amount=rules.line_amount(quantity=item.quantity, unit_price=prices[item.product_id].unit_price),
        )
        for item in items
    )
    total = sum((line.amount for line in lines), Decimal(0))
    if total > money.MAX:
        raise AmountTooLarge(fields={"lines": str(AmountTooLarge.message)})
    return Quote(lines=lines, total=total, currency=currencies.pop())


def list_orders(
    *,
    actor: Actor,
    status: str | None = None,
    customer_id: UUID | None = None,
    followed: bool = False,
    q: str | None = None,
) -> QuerySet[Order]:
    """Newest first, with `is_followed` by the actor; `followed` leaves only those. `q` begins a number."""
    actor.require("order.read")
    rows: QuerySet[Order] = _shown(Order.objects.visible_to(actor), actor)
    if status:
        rows = rows.filter(status=status)
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    if followed:
        rows = rows.filter(followers__employee_id=actor.person_id)
    if q:
        rows = rows.filter(number__startswith=q.strip().upper())
    return rows.order_by("-created_at", "-id")


def get_order(*, actor: Actor, order_id: UUID) -> Order:
    """With its lines in order. Raises NotFound, also for a hidden one."""
    actor.require("order.read")
    lines = Prefetch("lines", Line.objects.order_by("position"))
    order: Order = _shown(Order.objects.prefetch_related(lines), actor).get_visible(actor, order_id)
    return order


def timeline(*, actor: Actor, order_id: UUID) -> tuple[Order, Progress]:
    """The order and what all sources say of it. Raises NotFound, also for a hidden one."""
    order = get_order(actor=actor, order_id=order_id)
    return order, progress_of(order)


def progress_of(order: Order) -> Progress:
    """Folded anew from the stored events and lines."""
    return rules.fold(
        [fact_of(event) for event in order.events.all()],
        ordered={line.product_code: line.quantity for line in order.lines.all()},
        total=order.total,
    )


def fact_of(event: OrderEvent) -> Fact:
    return Fact(
        source=event.source,
        external_id=event.external_id,
        kind=event.kind,
        occurred_at=event.occurred_at,
        as_of=event.as_of,
        data=event.data,
    )


def _shown(rows: Any, actor: Actor) -> Any:
    reader: Any = actor.employee_id
    followed = Follower.objects.filter(order_id=OuterRef("pk"), employee_id=reader)
    return rows.select_related("customer", "owner").annotate(is_followed=Exists(followed))

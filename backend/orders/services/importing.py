"""Taking over what was sold before Waiqin came. History is not news: nobody is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from backend.catalog.models import Product
from backend.catalog.selectors import get_products
from backend.core.actor import Actor
from backend.customers.selectors import get_customer
from backend.directory.selectors import get_employee
from backend.events import services as events
from backend.orders.models import Line, Order, OrderEvent
from backend.orders.rules import Fact, line_amount
from backend.orders.services.derived import refresh


@dataclass(frozen=True, slots=True)
class PastLine:
    product_id: UUID
    quantity: Decimal
    unit_price: Decimal
    """What was charged for one unit, tax included."""


@transaction.atomic
def import_order(
    *,
    actor: Actor,
    number: str,
    customer_id: UUID,
    owner_id: UUID,
    ordered_at: datetime,
    lines: Sequence[PastLine],
    requested_on: date | None = None,
    facts: Sequence[Fact] = (),
    at: datetime,
) -> tuple[Order, bool]:
    """A past order with its events and True; where the company has an order of this number, that one, left as it is,
    and False.

    Its date of creation is `ordered_at`, its prices are the given ones, and where it stands follows from `facts`. One
    `order.imported` is recorded; the facts are not told to anybody. Raises NotFound for a customer, an owner or a
    product that the company does not have.
    """
    actor.require("erp.operate")
    known: QuerySet[Order] = Order.objects.filter(company_id=actor.company_id, number=number)
    if (existing := known.first()) is not None:
        return existing, False
    customer = get_customer(actor=actor, customer_id=customer_id)
    owner = get_employee(actor=actor, employee_id=owner_id)
    products = get_products(actor=actor, product_ids=[line.product_id for line in lines])
    amounts = [line_amount(quantity=line.quantity, unit_price=line.unit_price) for line in lines]
    try:
        with transaction.atomic():
            order: Order = Order.objects.create(
                company_id=actor.company_id,
                owner=owner,
                department_id=owner.department_id,
                number=number,
                customer=customer,
                status=Order.Status.SENT,
                currency=owner.company.currency,
                total=sum(amounts, Decimal(0)),
                requested_on=requested_on,
                submitted_at=ordered_at,
            )
    except IntegrityError:
        if (existing := known.first()) is not None:
            return existing, False
        raise
    _put_lines(order, [(line, products[line.product_id]) for line in lines])
    _put_facts(order, facts, at)
    refresh(order=order)
    Order.objects.filter(pk=order.pk).update(created_at=ordered_at)  # the field itself always says now
    order.created_at = ordered_at
    events.record("order.imported", order, actor=actor, at=at, number=number, customer=customer.name)
    return order, True


def _put_lines(order: Order, lines: Sequence[tuple[PastLine, Product]]) -> None:
    Line.objects.bulk_create(
        Line(
            company_id=order.company_id,
            order=order,
            position=position,
            product=product,
            product_code=product.code,
            product_name=product.name,
            unit=product.unit,
            quantity=line.quantity,
            unit_price=line.unit_price,
            tax_rate=product.tax_rate,
            amount=line_amount(quantity=line.quantity, unit_price=line.unit_price),
        )
        for position, (line, product) in enumerate(lines, start=1)
    )


def _put_facts(order: Order, facts: Sequence[Fact], at: datetime) -> None:
    OrderEvent.objects.bulk_create(
        OrderEvent(
            company_id=order.company_id,
            order=order,
            source=fact.source,
            external_id=fact.external_id,
            kind=fact.kind,
            occurred_at=fact.occurred_at,
            as_of=fact.as_of,
            received_at=at,
            data=fact.data,
        )
        for fact in facts
    )

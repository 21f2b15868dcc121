"""A customer of Li Lei, goods to sell him, and the ERP the orders go to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from backend.catalog.services import put_price
from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.customers.services import create_customer
from backend.directory.selectors import today_of
from backend.erp.models import ErpSystem, Outbox
from backend.erp.services.outgoing import owe_order
from backend.erp.services.systems import put_system
from backend.orders.models import Order
from backend.orders.rules import Fact
from backend.orders.services import Applied, apply_progress
from tests.support.cast import Cast
from tests.support.stock import Goods, make_goods


@dataclass(frozen=True)
class Shop:
    cast: Cast
    goods: Goods
    customer: Customer
    """Level A: from 10 bottles on the tea costs 4.00 instead of 4.50."""
    erp: ErpSystem
    """Takes its orders from files."""

    @property
    def system(self) -> Actor:
        return Actor.system(self.cast.company.pk)

    @property
    def coming_number(self) -> str:
        """What the first order of today will be called; today as the company's calendar has it."""
        return f"SO{today_of(company_id=self.cast.company.pk, at=clock.now()):%Y%m%d}-0001"

    def basket(self, tea: str = "12", **more: Any) -> dict[str, Any]:
        lines = [{"product_id": str(self.goods.tea.pk), "quantity": tea}]
        return {"customer_id": str(self.customer.pk), "lines": lines} | more

    def draft(self, caller: Any, tea: str = "12", **more: Any) -> dict[str, Any]:
        reply = caller.post("/orders", {"id": str(uuid4())} | self.basket(tea, **more))
        assert reply.status_code == 201, reply.content
        return reply.json()

    def submitted(self, caller: Any, tea: str = "12", **more: Any) -> dict[str, Any]:
        reply = caller.post(f"/orders/{self.draft(caller, tea, **more)['id']}/submit")
        assert reply.status_code == 200, reply.content
        return reply.json()

    def reprice(self, unit_price: str) -> None:
        """What level A pays for the tea from 10 bottles on."""
        put_price(
            actor=self.system,
            product_code=self.goods.tea.code,
            customer_level="A",
            min_quantity=Decimal(10),
            unit_price=Decimal(unit_price),
            at=clock.now(),
        )

    def owe(self, order: Any) -> Outbox:
        """What the bridge does when it hears that the order is queued."""
        system = ErpSystem.objects.get(pk=self.erp.pk)
        row = owe_order(actor=self.system, order_id=order["id"], system=system)
        assert row is not None
        return row

    def hear(self, order: Any, *facts: Fact) -> Applied:
        """What the ERP says of it."""
        return apply_progress(actor=self.system, order_id=order["id"], facts=facts, at=clock.now())


def make_shop(cast: Cast) -> Shop:
    system, now = Actor.system(cast.company.pk), clock.now()
    goods = make_goods(cast.company)
    customer, _ = create_customer(actor=cast.actor(cast.li), code="C1", name="联华超市", level="A", at=now)
    erp = put_system(actor=system, code="k3", name="金蝶", receives_orders=True, at=now)
    shop = Shop(cast=cast, goods=goods, customer=customer, erp=erp)
    shop.reprice("4.00")
    return shop


def fact(kind: str, id: str = "", *, minutes_ago: float = 1, as_of: datetime | None = None, **data: Any) -> Fact:
    occurred_at = clock.now() - timedelta(minutes=minutes_ago)
    return Fact("k3", id or kind, kind, occurred_at, as_of or occurred_at, data)


def stored(order: Any) -> Order:
    return Order.objects.get(pk=order["id"])

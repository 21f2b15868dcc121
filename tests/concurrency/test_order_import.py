from decimal import Decimal

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.services import put_customer
from backend.orders.models import Line, Order
from backend.orders.services.importing import PastLine, import_order
from tests.support.stock import make_product
from tests.support.threads import together


@pytest.mark.django_db(transaction=True)
def test_eight_imports_of_one_number_make_one_order(cast):
    system, now = Actor.system(cast.company.pk), clock.now()
    customer = put_customer(actor=system, code="C1", name="老客户", owner_id=cast.li.pk, at=now)
    lines = [PastLine(make_product(system, "P1", "乌龙茶").pk, Decimal(1), Decimal(1))]

    def work(_: int) -> tuple[Order, bool]:
        return import_order(
            actor=system,
            number="7",
            customer_id=customer.pk,
            owner_id=cast.li.pk,
            ordered_at=now,
            lines=lines,
            at=now,
        )

    results = together(8, work)
    assert sorted(created for _, created in results) == [False] * 7 + [True]
    assert len({order.pk for order, _ in results}) == 1
    assert (Order.objects.count(), Line.objects.count()) == (1, 1)

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.customers.services import put_customer
from backend.events.models import Delivery, Event
from backend.orders.models import Order
from backend.orders.rules import Fact
from backend.orders.services.importing import PastLine, import_order
from tests.support.stock import make_product

THEN = datetime(1996, 7, 4, 1, tzinfo=UTC)


@pytest.fixture
def past(cast):
    """`past(number="7")` takes over a past order of Li's; what is named replaces what is usual."""
    system = Actor.system(cast.company.pk)
    customer = put_customer(actor=system, code="C1", name="老客户", owner_id=cast.li.pk, at=clock.now())
    product = make_product(system, "P1", "乌龙茶")
    usual = {
        "actor": system,
        "number": "7",
        "customer_id": customer.pk,
        "owner_id": cast.li.pk,
        "ordered_at": THEN,
        "lines": [PastLine(product.pk, Decimal(3), Decimal("4.995"))],
        "facts": [Fact("old", "7-1", "confirmed", THEN, THEN), Fact("old", "7-2", "shipped", THEN, THEN)],
        "at": clock.now(),
    }
    return lambda **changes: import_order(**(usual | changes))


def test_it_stands_where_its_events_say_and_nobody_is_told(past, cast):
    order, created = past()
    assert created
    order.refresh_from_db()
    assert (order.created_at, order.submitted_at, order.as_of) == (THEN, THEN, THEN)
    assert (order.owner, order.department, order.total) == (cast.li, cast.shanghai, Decimal("14.99"))
    assert (order.status, order.label) == ("accepted", "shipped")
    assert list(Event.objects.filter(name__startswith="order.").values_list("name", flat=True)) == ["order.imported"]
    assert not Delivery.objects.filter(event__name="order.imported").exists()


def test_a_known_number_is_left_as_it_is(past, cast):
    first, _ = past()
    again, created = past(owner_id=cast.zhao.pk, facts=[])
    assert (again, created) == (first, False)
    assert Order.objects.get().owner == cast.li


def test_what_another_company_has_is_not_found(past, cast):
    acme = Actor.system(cast.acme.pk)
    theirs = make_product(acme, "P1", "咖啡")
    buyer = put_customer(actor=acme, code="C1", name="他人的客户", at=clock.now())
    lines = [PastLine(theirs.pk, Decimal(1), Decimal(1))]
    for foreign in ({"lines": lines}, {"customer_id": buyer.pk}, {"owner_id": cast.sun.pk}):
        with pytest.raises(NotFound):
            past(**foreign)
    assert not Order.objects.exists()


def test_a_rep_may_not_make_history(past, cast):
    with pytest.raises(Forbidden):
        past(actor=cast.actor(cast.li))

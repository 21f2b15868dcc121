"""A rep with five thousand customers leaves: one transaction of seconds, and statements by the thousand rows."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.customers.models import Customer
from backend.directory.models import HandoverItem
from backend.events.models import Event
from tests.support.expenses import a_customer
from tests.support.handovers import handed_over, hire
from tests.support.visits import recorded

CUSTOMERS = 5_000
SECONDS = 30
"""Far more than it takes, so that a busy machine fails nothing; a statement for each row would take minutes."""

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def crowd(cast) -> None:
    """Li Lei has five thousand customers, with all that an index of a customer holds."""
    first = a_customer(cast.li)
    columns = [field.column for field in Customer._meta.concrete_fields if field.name not in {"id", "code"}]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO customers_customer (id, code, {names}) SELECT gen_random_uuid(), 'M' || n, {names} "
            "FROM customers_customer, generate_series(2, %s) n WHERE id = %s",
            [CUSTOMERS, first.pk],
        )
        cursor.execute("ANALYZE customers_customer")


def test_it_takes_seconds_and_few_statements(cast, crowd, api):
    he = hire(cast, "3002", "何伟")
    caller = api(cast.han)
    plan = {"leaver_id": str(cast.li.pk), "successor_id": str(he.pk)}
    began = time.monotonic()
    shown = caller.post("/handovers/preview", plan).json()
    looked = time.monotonic() - began
    assert shown["groups"][0]["count"] == CUSTOMERS

    began = time.monotonic()
    with CaptureQueriesContext(connection) as moving:
        made = handed_over(cast.han, cast.li, he)
    moved = time.monotonic() - began
    assert made.counts == {"customers": CUSTOMERS}
    assert Customer.objects.filter(owner=he, version=2).count() == CUSTOMERS
    assert recorded("customer.handed_over") == HandoverItem.objects.count() == CUSTOMERS

    began = time.monotonic()
    with CaptureQueriesContext(connection) as undoing:
        assert caller.post(f"/handovers/{made.pk}/undo").status_code == 200
    undone = time.monotonic() - began
    assert Customer.objects.filter(owner=cast.li, version=3).count() == CUSTOMERS
    assert len(moving) + len(undoing) < 150
    assert Event.objects.filter(name="customer.handed_back").count() == CUSTOMERS
    print(
        f"{CUSTOMERS} customers: preview {looked:.1f} s, handover {moved:.1f} s ({len(moving)} statements), "
        f"undo {undone:.1f} s ({len(undoing)} statements)"
    )
    assert max(looked, moved, undone) < SECONDS

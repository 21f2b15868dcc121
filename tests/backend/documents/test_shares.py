from datetime import UTC, datetime, timedelta

import pytest

from backend.documents.models import Share
from tests.support.expenses import a_customer

pytestmark = pytest.mark.django_db
SOON = datetime(2026, 12, 1, tzinfo=UTC)
LATER = SOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "then", "counts"),
    [
        (None, None, None),
        (SOON, SOON, SOON),
        (SOON, LATER, LATER),
        (LATER, SOON, LATER),
        (SOON, None, None),
        (None, SOON, None),
    ],
)
def test_the_longer_of_two_shares_counts(cast, first, then, counts):
    customer = a_customer(cast.li)

    for until in (first, then):
        customer.show_to([cast.zhao.pk, cast.zhao.pk], until=until)

    assert [share.until for share in Share.objects.filter(employee=cast.zhao)] == [counts]


def test_nobody_elses_share_is_touched(cast):
    customer, other = a_customer(cast.li), a_customer(cast.li, code="C2")
    customer.show_to([cast.han.pk], until=SOON)
    other.show_to([cast.zhao.pk], until=SOON)

    customer.show_to([cast.zhao.pk], until=LATER)

    assert set(Share.objects.values_list("employee__name", "until")) == {
        ("韩梅梅", SOON),
        ("赵强", SOON),
        ("赵强", LATER),
    }

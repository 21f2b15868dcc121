from decimal import Decimal

import pytest

from backend.expenses import rules


@pytest.mark.parametrize(
    ("amount", "currency", "limit", "exceeds"),
    [
        ("2000.00", "CNY", "2000", False),
        ("2000.01", "CNY", "2000", True),
        ("9999999.00", "CNY", None, False),
        ("9999999.00", "USD", None, False),
        ("1.00", "USD", "2000", None),
        ("0.01", "CNY", "0", True),
    ],
)
def test_the_limit_of_a_category(amount, currency, limit, exceeds):
    found = rules.exceeds(
        amount=Decimal(amount),
        currency=currency,
        limit=None if limit is None else Decimal(limit),
        company_currency="CNY",
    )
    assert found is exceeds

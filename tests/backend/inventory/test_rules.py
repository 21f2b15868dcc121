from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from backend.inventory.rules import IncomingGoods, available, available_on, is_stale

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOODS = [
    IncomingGoods(Decimal(50), date(2026, 11, 20), "late"),
    IncomingGoods(Decimal(30), date(2026, 12, 1), "PO-1"),
    IncomingGoods(Decimal(20), date(2026, 12, 5), "PO-2"),
]


@pytest.mark.parametrize(
    ("on_hand", "reserved", "safety", "expected"),
    [("100", "20", "5", "75"), ("10", "12", "5", "-7"), ("0", "0", "0", "0")],
)
def test_what_may_be_promised_is_the_true_figure(on_hand, reserved, safety, expected):
    given = {"on_hand": Decimal(on_hand), "reserved": Decimal(reserved), "safety": Decimal(safety)}
    assert available(**given) == Decimal(expected)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 19), 5),
        (date(2026, 11, 22), 55),
        (date(2026, 11, 30), 55),
        (date(2026, 12, 1), 85),
        (date(2027, 1, 1), 105),
    ],
)
def test_goods_count_from_the_day_they_are_expected(day, expected):
    assert available_on(day, available=Decimal(5), incoming=GOODS) == expected


def test_figures_go_stale_after_a_quarter_of_an_hour():
    limit = timedelta(minutes=15)
    assert not is_stale(as_of=NOON, at=NOON + limit)
    assert is_stale(as_of=NOON, at=NOON + limit + timedelta(microseconds=1))
    assert is_stale(as_of=None, at=NOON)

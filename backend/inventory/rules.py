"""What the figures mean to a rep. Pure: no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

STALE_AFTER = timedelta(minutes=15)
"""The ERP feed runs every five minutes: figures this old have missed it several times."""


@dataclass(frozen=True, slots=True)
class IncomingGoods:
    quantity: Decimal
    expected_on: date
    reference: str


def available(*, on_hand: Decimal, reserved: Decimal, safety: Decimal) -> Decimal:
    """What may still be promised. Below zero where more was promised than there is: the true figure, never cut off,
    since a rep must see how much is short."""
    return on_hand - reserved - safety


def available_on(day: date, *, available: Decimal, incoming: Iterable[IncomingGoods]) -> Decimal:
    """With all that is expected by the end of that day, late arrivals included."""
    return available + sum((goods.quantity for goods in incoming if goods.expected_on <= day), Decimal(0))


FEW = Decimal(10)
"""At most this much, or at most the safety stock where that is more, is little."""


def level(*, available: Decimal, safety: Decimal) -> str:
    """有 / 少 / 无: all that is told to who may not see exact figures."""
    if available <= 0:
        return "none"
    return "few" if available <= max(FEW, safety) else "plenty"


def is_stale(*, as_of: datetime | None, at: datetime) -> bool:
    """Also where no figure has come yet."""
    return as_of is None or at - as_of > STALE_AFTER

"""Money is a Decimal with an ISO 4217 currency; floats never touch it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
MAX = Decimal("999999999999.99")


def rounded(amount: Decimal) -> Decimal:
    """To the cent, half up, as Chinese invoices are rounded."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str = "CNY"

from decimal import Decimal

RECENT_DAYS = 90


def exceeds(*, amount: Decimal, currency: str, limit: Decimal | None, company_currency: str) -> bool | None:
    """Whether the category's limit is passed; None where a foreign currency forbids comparing."""
    if limit is None:
        return False
    return amount > limit if currency == company_currency else None

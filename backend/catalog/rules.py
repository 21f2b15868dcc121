"""Search keys and the choice of a price. Pure: no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from backend.core.search import bigrams, initials, normalised, pinyin

PINYIN_MARK, BARCODE_MARK = "~", "="
"""Set the pinyin and the whole barcodes apart from ordinary text in the one index of grams."""
MAX_WORDS = 8
SHORTEST_PINYIN_PART = 3
"""Letters from which a word is also looked for inside the pinyin; fewer would match half the catalogue."""


def search_keys(*, code: str, name: str, spec: str, barcodes: Iterable[str]) -> dict[str, Any]:
    """The columns of a product that are searched.

    `search_text` has a line each for code, name, specification and initials: any stretch of the initials is the
    initials of a stretch of the name. `grams` are what the index knows of the text, of the pinyin and of the barcodes.
    """
    code_key, spelt, short = normalised(code), pinyin(name), initials(name)
    texts = [code_key, normalised(name), normalised(spec), short]
    grams = {*bigrams(*texts), *"".join(texts), *pinyin_grams(spelt)}
    grams.update(BARCODE_MARK + barcode for barcode in barcodes)
    return {
        "code_key": code_key,
        "pinyin": spelt,
        "initials": short,
        "search_text": "\n".join(texts),
        "grams": sorted(grams),
    }


def pinyin_grams(text: str) -> list[str]:
    return [PINYIN_MARK + gram for gram in bigrams(text)]


def words_of(q: str) -> list[str]:
    """The words a person typed, as they are looked for; all of them must be found."""
    return list(dict.fromkeys(map(normalised, q.split())))[:MAX_WORDS]


def may_be_pinyin(word: str) -> bool:
    """Figures and Chinese stand in the text itself."""
    return len(word) >= SHORTEST_PINYIN_PART and word.isascii() and any(map(str.isalpha, word))


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """For one unit, tax included. Below the floor price an order needs approval."""

    unit_price: Decimal
    floor_price: Decimal
    currency: str
    tax_rate: Decimal


class PriceRow(Protocol):
    customer_level: str
    min_quantity: Decimal
    starts_on: date | None


P = TypeVar("P", bound=PriceRow)


def best_price(rows: Iterable[P], *, quantity: Decimal) -> P | None:
    """Of the rows that hold today for this customer: the level's own before everybody's, then the highest quantity
    reached, then the newest."""
    reached = [row for row in rows if row.min_quantity <= quantity]
    return max(
        reached,
        key=lambda row: (row.customer_level != "", row.min_quantity, row.starts_on or date.min),
        default=None,
    )

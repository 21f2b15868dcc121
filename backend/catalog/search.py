"""Finding products while a person types: one statement that PostgreSQL plans once for each connection, since building
it anew by the ORM would cost several times what it takes to run."""

from typing import Any

from django.db import connection

from backend.catalog import rules
from backend.catalog.barcodes import BadCheckDigit, normalised_barcode
from backend.catalog.models import Product
from backend.core.actor import Actor
from backend.core.search import bigrams, normalised, pinyin

CANDIDATES = 200
"""Looked at for each way in which a product can match, so that a search costs the same in any catalogue."""
LAST_CHARACTER = "\U0010ffff"


def find_products(*, actor: Actor, q: str, limit: int = 20) -> list[Product]:
    """Products on sale that hold every typed word in code, name, specification, pinyin or initials, or whose barcode
    is `q`. The exact code or barcode first, then what begins with `q`, then the rest.

    Where more than `CANDIDATES` match, the exact ones and those that begin with `q` are sure to be looked at.
    """
    if not actor.may("stock.read"):  # who may ask for the stock of a product may find it
        actor.require("catalog.read")
    words = rules.words_of(q)
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute(FIND, _parameters(actor, q, words, limit))
        return [Product.from_db(connection.alias, Product.SHOWN, row) for row in cursor.fetchall()]


def _parameters(actor: Actor, q: str, words: list[str], limit: int) -> dict[str, Any]:
    whole, spelt = normalised(q), pinyin(normalised(q))
    spelt_words = [word for word in words if rules.may_be_pinyin(word)]
    other_words = [word for word in words if word not in spelt_words]
    return {
        "company": actor.company_id,
        "barcode": _barcode_in(q),
        "whole": whole,
        "beyond": whole + LAST_CHARACTER,
        "spelt": spelt,
        "beyond_spelt": spelt + LAST_CHARACTER,
        "prefix": _like(whole) + "%",
        "line_prefix": f"%\n{_like(whole)}%",
        "within": f"%{_like(whole)}%",
        "grams": bigrams(*words),
        "words": [f"%{_like(word)}%" for word in words],
        "spelt_grams": [*bigrams(*other_words), *(gram for word in spelt_words for gram in rules.pinyin_grams(word))],
        "spelt_words": [f"%{_like(word)}%" for word in spelt_words],
        "other_words": [f"%{_like(word)}%" for word in other_words],
        "limit": limit,
    }


def _barcode_in(q: str) -> str:
    """What is typed may look like a GTIN and be none, such as a telephone number."""
    try:
        return normalised_barcode(q)
    except BadCheckDigit:
        return q


def _like(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _beginning(column: str, start: str, beyond: str, condition: str = "true") -> str:
    return f"""
        SELECT id FROM on_sale WHERE {column} >= %({start})s AND {column} < %({beyond})s AND {condition}
        ORDER BY {column} LIMIT {CANDIDATES}
    """  # noqa: S608  # only names from below


# The grams enter the index; the text then decides, since grams alone may stand in another order. A word of letters may
# be pinyin, and then its neighbours may be too; the last branch reads all such words so.
FIND = f"""
    WITH on_sale AS NOT MATERIALIZED (
        SELECT * FROM catalog_product WHERE company_id = %(company)s AND is_active
    ), scanned AS (
        SELECT product_id AS id FROM catalog_barcode WHERE company_id = %(company)s AND code = %(barcode)s
    ), candidates AS (
        SELECT id FROM scanned
        UNION ({_beginning("code_key", "whole", "beyond")})
        UNION ({_beginning("initials", "whole", "beyond")})
        UNION ({
    _beginning("pinyin", "spelt", "beyond_spelt", "(search_text LIKE %(within)s OR pinyin LIKE %(prefix)s)")
})
        UNION (SELECT id FROM on_sale WHERE grams @> %(grams)s::text[] AND search_text LIKE ALL (%(words)s::text[])
            LIMIT {CANDIDATES})
        UNION (SELECT id FROM on_sale WHERE grams @> %(spelt_grams)s::text[]
            AND pinyin LIKE ALL (%(spelt_words)s::text[]) AND search_text LIKE ALL (%(other_words)s::text[])
            LIMIT {CANDIDATES})
    )
    SELECT {", ".join(f"p.{name}" for name in Product.SHOWN)}
    FROM on_sale p JOIN candidates USING (id)
    ORDER BY CASE
        WHEN p.code_key = %(whole)s OR p.id IN (SELECT id FROM scanned) THEN 0
        WHEN p.code_key LIKE %(prefix)s OR p.pinyin LIKE %(prefix)s OR p.search_text LIKE %(line_prefix)s THEN 1
        ELSE 2 END, p.pinyin, p.id
    LIMIT %(limit)s
"""  # noqa: S608  # only names and numbers from above

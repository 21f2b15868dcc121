from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.catalog import rules
from backend.catalog.barcodes import normalised_barcode
from backend.catalog.models import Barcode, Price, Product
from backend.catalog.rules import PriceQuote
from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.core.errors import NotFound


def _products(actor: Actor) -> QuerySet[Product]:
    products = Product.objects.filter(company_id=actor.company_id)
    return products.defer("code_key", "pinyin", "initials", "search_text", "grams")


def list_products(*, actor: Actor) -> QuerySet[Product]:
    """What the company sells now, newest first."""
    actor.require("catalog.read")
    return _products(actor).filter(is_active=True).order_by("-created_at", "-id")


def get_product(*, actor: Actor, product_id: UUID) -> Product:
    """With its barcodes; on sale or not, since old orders name old products."""
    actor.require("catalog.read")
    product = _products(actor).prefetch_related("barcodes").filter(pk=product_id).first()
    if product is None:
        raise NotFound()
    return product


def get_products(*, actor: Actor, product_ids: Iterable[UUID]) -> dict[UUID, Product]:
    """All of them in one query; raises NotFound where one is absent or of another company."""
    wanted = set(product_ids)
    found = _products(actor).in_bulk(list(wanted))
    if missing := wanted - found.keys():
        raise NotFound(product_ids=sorted(map(str, missing)))
    return found


def product_by_barcode(*, actor: Actor, barcode: str) -> Product:
    """Raises BadCheckDigit for a misread GTIN, NotFound for an unknown code."""
    of_barcode = Barcode.objects.filter(company_id=actor.company_id, code=normalised_barcode(barcode))
    product = _products(actor).filter(pk__in=of_barcode.values("product_id")).first()
    if product is None:
        raise NotFound()
    return product


def prices_for(
    *, company_id: UUID, customer_level: str, quantities: Mapping[UUID, Decimal], at: datetime
) -> dict[UUID, PriceQuote]:
    """What a customer of this level pays for each product in this quantity; {product id: quote}, in two queries.

    The company's calendar day decides which rows hold (`rules.best_price` which of them counts); without one the list
    price. Where no floor is set the price is its own floor, so any discount needs approval. Another company's products
    are missing from the answer.
    """
    products = Product.objects.filter(company_id=company_id, pk__in=list(quantities)).select_related("company")
    rows: dict[UUID, list[Price]] = {product.pk: [] for product in products}
    if not rows:
        return {}
    today = today_in(products[0].company.timezone, at)
    holding = Price.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=today),
        Q(ends_on=None) | Q(ends_on__gte=today),
        product_id__in=list(rows),
        customer_level__in={"", customer_level},
    )
    for price in holding:
        rows[price.product_id].append(price)
    return {
        product.pk: _quote(product, rules.best_price(rows[product.pk], quantity=quantities[product.pk]))
        for product in products
    }


def _quote(product: Product, price: Price | None) -> PriceQuote:
    unit_price = price.unit_price if price else product.list_price
    floor = price.floor_price if price else None
    return PriceQuote(
        unit_price=unit_price,
        floor_price=unit_price if floor is None else floor,
        currency=product.currency,
        tax_rate=product.tax_rate,
    )

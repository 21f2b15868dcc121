"""Products and prices as the importers bring them: created or brought up to date by code, as often as they come."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from backend.catalog import rules
from backend.catalog.barcodes import normalised_barcode
from backend.catalog.models import Barcode, Price, Product
from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.money import rounded
from backend.core.text import bilingual
from backend.events import services as events

LONGEST_BARCODE = 255
STANDARD_TAX_RATE = Decimal("0.13")
"""VAT on goods in China since 2019-04-01 (财政部 税务总局 海关总署公告 2019 年第 39 号)."""


class BarcodeTaken(Conflict):
    code = "barcode_taken"
    message = bilingual("该条码已属于另一商品。", "This barcode already belongs to another product.")


@transaction.atomic
def put_product(
    *,
    actor: Actor,
    code: str,
    name: str,
    unit: str,
    list_price: Decimal,
    spec: str = "",
    category: str = "",
    cost_price: Decimal | None = None,
    currency: str = "CNY",
    tax_rate: Decimal = STANDARD_TAX_RATE,
    is_active: bool = True,
    barcodes: Iterable[str] | None = None,
    at: datetime,
) -> Product:
    """Create the product with this code, or bring it up to date; what is already so is left alone.

    `barcodes` are all it shall have; None leaves them as they are. Raises BadCheckDigit for a mistyped GTIN and
    BarcodeTaken where one belongs to another product of the company.
    """
    actor.require("catalog.write")
    wanted = None if barcodes is None else _normalised(barcodes)
    fields: dict[str, Any] = {
        "name": name,
        "spec": spec,
        "unit": unit,
        "category": category,
        "list_price": rounded(list_price),
        "cost_price": None if cost_price is None else rounded(cost_price),
        "currency": currency,
        "tax_rate": tax_rate,
        "is_active": is_active,
    }
    keys = rules.search_keys(code=code, name=name, spec=spec, barcodes=wanted or [])
    product, created = Product.objects.select_for_update().get_or_create(
        company_id=actor.company_id, code=code, defaults=fields | keys
    )
    held = sorted(product.barcodes.values_list("code", flat=True))
    after = fields | {"barcodes": held if wanted is None else wanted}
    if created:
        events.record("product.created", product, actor=actor, at=at, code=code, **_as_text(after))
    else:
        before = {name: getattr(product, name) for name in fields} | {"barcodes": held}
        changed = [name for name in after if before[name] != after[name]]
        if not changed:
            return product
        keys = rules.search_keys(code=code, name=name, spec=spec, barcodes=after["barcodes"])
        _save(product, fields | keys)
        events.record(
            "product.changed",
            product,
            actor=actor,
            at=at,
            before=_as_text({name: before[name] for name in changed}),
            after=_as_text({name: after[name] for name in changed}),
        )
    _set_barcodes(product, held, after["barcodes"])
    return product


@transaction.atomic
def put_price(
    *,
    actor: Actor,
    product_code: str,
    unit_price: Decimal,
    customer_level: str = "",
    min_quantity: Decimal = Decimal(0),
    floor_price: Decimal | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    at: datetime,
) -> Price:
    """Set a row of the price list; product, level, quantity and first day name the row. Raises NotFound for an unknown
    product, Invalid for a floor above the price or days in the wrong order."""
    actor.require("catalog.write")
    unit_price, floor_price = rounded(unit_price), None if floor_price is None else rounded(floor_price)
    if floor_price is not None and floor_price > unit_price:
        raise Invalid(fields={"floor_price": str(bilingual("底价不能高于单价。", "Above the unit price."))})
    if starts_on and ends_on and ends_on < starts_on:
        raise Invalid(fields={"ends_on": str(bilingual("截止日期早于生效日期。", "Before the first day."))})
    product = Product.objects.select_for_update().filter(company_id=actor.company_id, code=product_code).first()
    if product is None:
        raise NotFound()
    name = {"customer_level": customer_level, "min_quantity": min_quantity, "starts_on": starts_on}
    terms: dict[str, Any] = {"unit_price": unit_price, "floor_price": floor_price, "ends_on": ends_on}
    price = Price.objects.filter(product=product, **name).first()
    before = {field: getattr(price, field) for field in terms} if price else {}
    if price is None:
        price = Price.objects.create(company_id=actor.company_id, product=product, **name, **terms)
    elif before == terms:
        return price
    else:
        for field, value in terms.items():
            setattr(price, field, value)
        price.save(update_fields=list(terms))
    events.record(
        "product.price_set",
        product,
        actor=actor,
        at=at,
        **_as_text(name),
        before=_as_text(before),
        after=_as_text(terms),
    )
    return price


def _normalised(barcodes: Iterable[str]) -> list[str]:
    wanted = sorted({normalised_barcode(barcode) for barcode in barcodes})
    if any(not 0 < len(barcode) <= LONGEST_BARCODE for barcode in wanted):
        raise Invalid(fields={"barcodes": str(bilingual("条码为空或过长。", "Empty or too long."))})
    return wanted


def _save(product: Product, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(product, name, value)
    product.save(update_fields=[*fields, "updated_at"])


def _set_barcodes(product: Product, held: list[str], wanted: list[str]) -> None:
    Barcode.objects.filter(product=product, code__in=set(held) - set(wanted)).delete()
    new = sorted(set(wanted) - set(held))
    try:
        with transaction.atomic():
            Barcode.objects.bulk_create(
                Barcode(company_id=product.company_id, product=product, code=code) for code in new
            )
    except IntegrityError as exc:
        taken = Barcode.objects.filter(company_id=product.company_id, code__in=new).order_by("code").first()
        raise BarcodeTaken(barcode=taken.code if taken else new) from exc


def _as_text(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON for the audit entry; numbers as people read them."""
    return {
        name: value if value is None or isinstance(value, bool | str | list) else str(value)
        for name, value in fields.items()
    }

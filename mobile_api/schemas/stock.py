from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer, StringConstraints

from mobile_api.schemas.base import NO_NUL, DecimalOut, In, MoneyOut, Out

Scanned = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=NO_NUL)]
"""What a scanner read, a QR code's address included."""
Typed = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]


def plain(value: Decimal) -> str:
    """`120.0000` pieces → `120`: as people count."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


Figure = Annotated[Decimal, PlainSerializer(plain, return_type=str)]


class StockQuery(In):
    barcode: Scanned | None = None
    q: Typed | None = None
    product: UUID | None = None
    warehouse: UUID | None = None
    on: date | None = None
    """Asks for `available_on`: with what is expected until this day."""
    limit: Annotated[int, Field(ge=1, le=50)] = 20
    """Of products found by `q`."""


class ProductOut(Out):
    id: UUID
    code: str
    name: str
    spec: str
    unit: str
    category: str
    list_price: MoneyOut
    cost_price: MoneyOut | None = Field(description="null also where the caller may not see costs")
    tax_rate: DecimalOut
    is_active: bool


class ProductDetailOut(ProductOut):
    barcodes: list[str]


class ProductsOut(Out):
    items: list[ProductOut]
    next_cursor: str | None


class IncomingOut(Out):
    quantity: Figure | None
    expected_on: date
    reference: str


class WarehouseOut(Out):
    id: UUID
    code: str
    name: str


class StockOut(Out):
    """Every figure is null where the caller may not see exact stock; `level` he always sees."""

    warehouse: WarehouseOut
    level: Literal["plenty", "few", "none"]
    on_hand: Figure | None
    reserved: Figure | None
    safety: Figure | None
    available: Figure | None = Field(
        description="on_hand - reserved - safety; negative where more was promised than there is"
    )
    available_on: Figure | None = Field(description="available and what is expected until the day asked for with `on`")
    incoming: list[IncomingOut]
    as_of: datetime | None = Field(description="when the figures were true in the ERP; null before the first ones")
    stale: bool


class ProductStockOut(Out):
    product: ProductOut
    stock: list[StockOut]


class ProductStocksOut(Out):
    items: list[ProductStockOut]

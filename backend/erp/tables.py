"""From rows of a table to the messages of `backend.erp.messages`: headings, notations, events of many rows."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import orjson
from django.utils import translation
from pydantic import BaseModel, ValidationError

from backend.core.spreadsheets import Row
from backend.core.text import bilingual, in_both
from backend.erp.messages import OrderEvent, StockLevel
from backend.orders.stages import Kind

M = TypeVar("M", bound=BaseModel)

ORDER_EVENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "order_number": ("订单号", "Order"),
    "kind": ("事件", "Event"),
    "occurred_at": ("发生时间", "Occurred at"),
    "as_of": ("数据截至", "As of"),
    "id": ("事件编号", "Event ID"),
    "product_code": ("商品编码", "Product"),
    "quantity": ("数量", "Quantity"),
    "shipment": ("发货单号", "Shipment"),
    "carrier": ("承运商", "Carrier"),
    "tracking_number": ("运单号", "Tracking number"),
    "partial": ("部分", "Partial"),
    "invoice_number": ("发票号", "Invoice"),
    "amount": ("金额", "Amount"),
    "reference": ("参考号", "Reference"),
    "state": ("生产状态", "State"),
    "hold": ("冻结类型", "Hold"),
    "promised_on": ("承诺交期", "Promised on"),
    "reason": ("原因", "Reason"),
    "code": ("预警代码", "Code"),
    "text": ("说明", "Text"),
    "planned_on": ("计划日期", "Planned on"),
    "resolved": ("已解除", "Resolved"),
    "voids": ("撤销事件编号", "Voids"),
}
ORDER_EVENT_REQUIRED = ("order_number", "kind", "occurred_at")
STOCK_COLUMNS: dict[str, tuple[str, ...]] = {
    "product_code": ("商品编码", "Product"),
    "warehouse_code": ("仓库编码", "Warehouse"),
    "on_hand": ("现存", "On hand"),
    "reserved": ("占用", "Reserved"),
    "as_of": ("截至", "As of"),
}
STOCK_REQUIRED = ("product_code", "warehouse_code", "on_hand")

_OF_EVENT = ("order_number", "kind", "occurred_at", "as_of", "id")
_TELLS_APART = ("order_number", "kind", "occurred_at", "shipment", "invoice_number", "reference")
_TELLS_ALERTS_APART = ("order_number", "code", "shipment", "product_code", "planned_on")
_MOMENTS, _DAYS, _FLAGS = ("occurred_at", "as_of"), ("promised_on", "planned_on"), ("partial", "resolved")
_YES = frozenset({"是", "true", "yes", "y", "1"})
_NOTATIONS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")

CONTRADICTION = bilingual("同一事件的各行内容不一致", "the rows of one event contradict each other")


@dataclass(slots=True)
class Parsed(Generic[M]):
    items: list[tuple[M, list[int]]] = field(default_factory=list)
    """Each with the numbers of its rows."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Row number and reason."""


def order_events(rows: Sequence[Row], *, timezone: str, as_of: datetime) -> Parsed[OrderEvent]:
    """Rows that share order and event id are one event with several lines.

    Without an id, what the event is about identifies it. Times without an offset are those of the company's time zone;
    `as_of` stands for what the rows do not date.
    """
    parsed: Parsed[OrderEvent] = Parsed()
    for group in _grouped(rows).values():
        numbers = [row.number for row in group]
        events = [_event(row.cells, timezone, as_of) for row in group]
        lines = [line for event in events for line in event["data"].pop("lines", [])]
        whole = events[0]
        if any(event != whole for event in events[1:]):
            parsed.refused += [(number, str(CONTRADICTION)) for number in numbers]
            continue
        if lines:
            whole["data"]["lines"] = lines
        _keep(parsed, OrderEvent, whole, numbers)
    return parsed


def stock_levels(rows: Sequence[Row], *, timezone: str, as_of: datetime) -> Parsed[StockLevel]:
    parsed: Parsed[StockLevel] = Parsed()
    for row in rows:
        fields = {name: _cell(name, text, timezone) for name, text in row.cells.items()}
        _keep(parsed, StockLevel, {"as_of": as_of.isoformat(), **fields}, [row.number])
    return parsed


def _grouped(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.cells.get("order_number", ""), _event_id(row.cells)), []).append(row)
    return groups


def _event_id(cells: Mapping[str, str]) -> str:
    if given := cells.get("id"):
        return given
    alert = _kind(cells.get("kind", "")) == Kind.ALERT
    about = [cells.get(name, "") for name in (_TELLS_ALERTS_APART if alert else _TELLS_APART)]
    return f"row:{hashlib.sha256(orjson.dumps(about)).hexdigest()[:32]}"


def _event(cells: Mapping[str, str], timezone: str, as_of: datetime) -> dict[str, Any]:
    fields = {name: _cell(name, text, timezone) for name, text in cells.items()}
    data = {name: value for name, value in fields.items() if name not in _OF_EVENT}
    if fields.get("kind") != Kind.ALERT and (data.keys() & {"product_code", "quantity"}):
        data["lines"] = [{name: data.pop(name) for name in ("product_code", "quantity") if name in data}]
    event = {name: fields[name] for name in _OF_EVENT if name in fields}
    return {"as_of": as_of.isoformat(), **event, "id": _event_id(cells), "data": data}


def _cell(name: str, text: str, timezone: str) -> Any:
    """What the cell means; what means nothing stays as it is and is refused with the rest."""
    if name == "kind":
        return _kind(text)
    if name in _FLAGS:
        return text.casefold() in _YES
    if name in _MOMENTS or name in _DAYS:
        moment = _moment(text, timezone)
        if moment is None:
            return text
        return moment.date().isoformat() if name in _DAYS else moment.isoformat()
    return text


def _kind(text: str) -> str:
    """By its code or by its name in either language."""
    return _kinds().get(text.casefold(), text)


@cache
def _kinds() -> dict[str, str]:
    names = {kind.value: kind.value for kind in Kind}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            names |= {str(kind.label).casefold(): kind.value for kind in Kind}
    return names


def _moment(text: str, timezone: str) -> datetime | None:
    dashed = text.replace("/", "-")
    for read in (datetime.fromisoformat, *(_reader(notation) for notation in _NOTATIONS)):
        try:
            moment = read(dashed)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return None


def _reader(notation: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, notation)  # noqa: DTZ007  # the caller adds the zone


def _keep(parsed: Parsed[M], model: type[M], fields: dict[str, Any], numbers: list[int]) -> None:
    try:
        parsed.items.append((model.model_validate(fields), numbers))
    except ValidationError as exc:
        parsed.refused += [(number, _reason(exc)) for number in numbers]


def _reason(exc: ValidationError) -> str:
    """Of the first fault: the column and what stands in it."""
    fault = exc.errors(include_url=False)[0]
    name = next((str(part) for part in reversed(fault["loc"]) if isinstance(part, str)), "")
    heading = {**STOCK_COLUMNS, **ORDER_EVENT_COLUMNS}.get(name, (fault["msg"],))[0]
    if fault["type"] == "missing":
        return in_both(f"缺少「{heading}」", f"{name} is missing")
    if not name or isinstance(fault["input"], dict | list):
        return str(fault["msg"])
    return in_both(f"「{heading}」无效：{fault['input']}", f"{name} is not valid: {fault['input']}")[:255]

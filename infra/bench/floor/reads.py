from collections import namedtuple
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import orjson

from infra.bench.floor.plumbing import PLAN, SQL, Reply, etag_of, ok, rows, who


def _row_of(read: str) -> Any:
    return namedtuple(read, PLAN["fields"][read])  # type: ignore[misc]


VisitRow = _row_of("visit_list")
VisitScreen = _row_of("visit_detail")
LIMIT = 20
FIRST_PAGE = {"before": datetime(2100, 1, 1, tzinfo=UTC), "before_id": UUID(int=2**128 - 1)}
STALE_AFTER = timedelta(minutes=15)


def visit_list(environ: dict[str, Any]) -> Reply:
    found = rows(SQL["visit_list"], who(environ) | FIRST_PAGE)
    shown = [item(VisitRow._make(row)) for row in found[:LIMIT]]
    return ok({"items": shown, "next_cursor": PLAN["cursor"] if len(found) > LIMIT else None})


def item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "status": row.status,
        "customer": {"id": row.customer_id, "name": row.customer_name},
        "owner": {"id": row.owner_id, "name": row.owner_name},
        "department_id": row.department_id,
        "plan_id": row.plan_id,
        "purpose": row.purpose,
        "started_at": row.started_at,
        "checked_in_at": row.checked_in_at,
        "checked_out_at": row.checked_out_at,
        "closed_by": row.closed_by or None,
        "verdict": row.verdict or None,
        "distance_m": row.distance_m,
        "decision": row.decision or None,
    }


def details(row: Any) -> dict[str, Any]:
    return {
        "cancel_reason": row.cancel_reason,
        "summary": row.summary,
        "next_step": row.next_step,
        "next_on": row.next_on,
        "decision_reason": row.decision_reason,
        "decided_at": row.decided_at,
    }


def visit_detail(environ: dict[str, Any], pk: str) -> Reply:
    params = who(environ) | {"id": UUID(pk)}
    if held := environ.get("HTTP_IF_NONE_MATCH"):
        ((stamp,),) = rows(SQL["not_modified"], params)
        etag = etag_of(stamp.encode())
        if etag == held:
            return "304 Not Modified", {"ETag": etag}, b""
    row = VisitScreen._make(rows(SQL["visit_detail"], params)[0])
    evidence = {
        "captured_at": row.captured_at,
        "skew_s": row.skew_s,
        "kept_back_s": row.kept_back_s,
        "check_out_kept_back_s": row.check_out_kept_back_s,
        "device_id": row.device_id,
        "position": {"lat": round(row.lat, 2), "lng": round(row.lng, 2), "accuracy_m": 1000.0, "crs": "wgs84"},
    }
    body = {
        **item(row),
        **details(row),
        "reasons": orjson.Fragment(row.reasons),
        "decided_by": {"id": row.decided_by_id, "name": row.decided_by_name} if row.decided_by_id else None,
        "evidence": evidence if row.checked_in_at else None,
        "companions": orjson.Fragment(row.companions),
        "photos": orjson.Fragment(row.photos),
        "comments": orjson.Fragment(row.comments),
        "likes": orjson.Fragment(row.likes),
        "read_by": orjson.Fragment(row.readings),
    }
    return ok(body, etag_of(row.stamp.encode()))


def stock_lookup(environ: dict[str, Any]) -> Reply:
    barcode = parse_qs(environ["QUERY_STRING"])["barcode"][0]
    found = rows(SQL["stock_lookup"], who(environ) | {"barcode": barcode, "warehouse": None})
    now = datetime.now(UTC)
    pk, _, code, name, spec, unit, category, list_price, _, currency, tax_rate, is_active = found[0][:12]
    product = {
        "id": pk,
        "code": code,
        "name": name,
        "spec": spec,
        "unit": unit,
        "category": category,
        "list_price": {"amount": str(list_price), "currency": currency},
        "cost_price": None,
        "tax_rate": str(tax_rate),
        "is_active": is_active,
    }
    stock: list[dict[str, Any]] = []
    for row in found:
        warehouse, code, name, on_hand, reserved, safety, as_of, quantity, expected_on, reference = row[12:]
        if not stock or stock[-1]["warehouse"]["id"] != warehouse:
            stock.append(
                {
                    "warehouse": {"id": warehouse, "code": code, "name": name},
                    "on_hand": plain(on_hand),
                    "reserved": plain(reserved),
                    "safety": plain(safety),
                    "available": plain(on_hand - reserved - safety),
                    "available_on": None,
                    "incoming": [],
                    "as_of": as_of,
                    "stale": now - as_of > STALE_AFTER,
                }
            )
        if reference is not None:
            goods = {"quantity": plain(quantity), "expected_on": expected_on, "reference": reference}
            stock[-1]["incoming"].append(goods)
    return ok({"product": product, "stock": stock})


def plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Visits as a phone makes them, at one shop in Shanghai."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from backend.core import clock
from backend.events.models import Event

SHOP = {"lat": 31.2304, "lng": 121.4737, "crs": "wgs84"}
METRE = 1 / 111_195.08
"""Degrees of latitude."""


def sample(metres: float = 0.0, *, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """A good fix so many metres north of the shop."""
    fixed_at = (at or clock.now()) - timedelta(seconds=2)
    place = {**SHOP, "lat": SHOP["lat"] + metres * METRE}
    return {**place, "accuracy_m": 12.0, "fixed_at": fixed_at.isoformat(), "source": "gps"} | changes


def check_in_body(metres: float = 0.0, *, device: str = "phone-1", **changes: Any) -> dict[str, Any]:
    at = clock.now()
    samples = [sample(metres + wander, at=at, **changes) for wander in (0, 1, 2)]
    return {"samples": samples, "captured_at": at.isoformat(), "device_id": device}


def new_visit(caller: Any, *, place: dict[str, Any] | None = SHOP, **customer: Any) -> dict[str, Any]:
    """A visit of the caller to a new customer of his."""
    told = {"id": str(uuid4()), "name": "联华超市", "place": place, "accept_duplicates": True, **customer}
    made = caller.post("/customers", told)
    assert made.status_code == 201, made.content
    visit = caller.post("/visits", {"id": str(uuid4()), "customer_id": made.json()["id"]})
    assert visit.status_code == 201, visit.content
    return visit.json()


def checked_in(caller: Any, metres: float = 0.0, **given: Any) -> dict[str, Any]:
    visit = new_visit(caller, **given)
    reply = caller.post(f"/visits/{visit['id']}/check-in", check_in_body(metres))
    assert reply.status_code == 200, reply.content
    return reply.json()


def proposed_place(caller: Any) -> dict[str, Any]:
    """Of a customer of the caller's who has none, by a visit that is over."""
    visit = checked_in(caller, place=None)
    assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
    reply = caller.post(f"/visits/{visit['id']}/place-proposal")
    assert reply.status_code == 201, reply.content
    return reply.json()


def recorded(name: str) -> int:
    """How often this event was recorded."""
    return Event.objects.filter(name=name).count()


def refused(reply: Any, status: int, code: str) -> bool:
    return (reply.status_code, reply.json()["code"]) == (status, code)


def check_in(caller: Any, visit: dict[str, Any], body: dict[str, Any]) -> Any:
    return caller.post(f"/visits/{visit['id']}/check-in", body)

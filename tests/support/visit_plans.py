"""Plans of visits to customers in a row north of one shop."""

from typing import Any
from uuid import uuid4

from tests.support.visits import METRE, SHOP

NOON = "2026-12-01T04:00:00Z"


def shop_of(caller: Any, metres: float = 0, **told: Any) -> str:
    """The id of a new customer of the caller, so many metres north of the shop."""
    place = SHOP | {"lat": SHOP["lat"] + metres * METRE}
    reply = caller.post("/customers", {"id": str(uuid4()), "name": f"客户{uuid4().hex[:8]}", "place": place, **told})
    assert reply.status_code == 201, reply.content
    return reply.json()["id"]


def plan(caller: Any, customer: str, **told: Any) -> dict[str, Any]:
    reply = caller.post("/visit-plans", {"customer_id": customer, "planned_on": "2026-12-01", **told})
    assert reply.status_code == 201, reply.content
    return reply.json()


def day_of(caller: Any, day: str = "2026-12-01", **query: Any) -> list[dict[str, Any]]:
    return caller.get("/visit-plans", **{"from": day, "to": day}, **query).json()["items"]

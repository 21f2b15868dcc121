"""What the rooms above let an action be answered with. Filled by each app's `ready()`."""

from collections.abc import Callable
from uuid import UUID

from backend.visits.errors import OrderNotOfVisit
from backend.visits.models import Visit

OrderCheck = Callable[[UUID, Visit], bool]
"""Whether this order is of the visit's person and customer, and names it or was entered since he came."""
_checks: list[OrderCheck] = []


def register_orders(check: OrderCheck) -> None:
    _checks[:] = [check]


def require_order(order_id: UUID, visit: Visit) -> None:
    """Raises OrderNotOfVisit."""
    if not any(check(order_id, visit) for check in _checks):
        raise OrderNotOfVisit(fields={"order.order_id": OrderNotOfVisit.message})

"""What a visit asks of orders."""

from uuid import UUID

from django.db.models import Q

from backend.orders.models import Order
from backend.orders.stages import Status
from backend.visits.models import Visit


def is_of_visit(order_id: UUID, visit: Visit) -> bool:
    """As `visits.linked.OrderCheck`; a cancelled order answers nothing, nor does one of another visit.

    One that names the visit may have arrived before the check-in that the phone held back; of any other the time tells.
    """
    since = Q(visit=None, created_at__gte=visit.came_at) if visit.came_at else Q(pk=None)
    return (
        Order.objects.filter(
            Q(visit_id=visit.pk) | since,
            pk=order_id,
            company_id=visit.company_id,
            owner_id=visit.owner_id,
            customer_id=visit.customer_id,
            deleted_at=None,
        )
        .exclude(status=Status.CANCELLED)
        .exists()
    )

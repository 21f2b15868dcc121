"""What a visit asks of orders."""

from uuid import UUID

from django.db.models import Q

from backend.orders.models import Order
from backend.orders.stages import Status
from backend.visits.models import Visit


def is_of_visit(order_id: UUID, visit: Visit) -> bool:
    """As `visits.linked.OrderCheck`; a cancelled order answers nothing, nor does one of another visit."""
    of_visit = Order.objects.filter(Q(visit=None) | Q(visit_id=visit.pk), company_id=visit.company_id)
    return (
        of_visit.filter(
            pk=order_id,
            owner_id=visit.owner_id,
            customer_id=visit.customer_id,
            created_at__gte=visit.checked_in_at,
            deleted_at=None,
        )
        .exclude(status=Status.CANCELLED)
        .exists()
    )

"""What is stored in an order only because lists and filters need it: brought in line with its events."""

from datetime import date, datetime

from django.db import transaction

from backend.orders import rules
from backend.orders.models import Order, OrderEvent
from backend.orders.rules import Progress
from backend.orders.selectors import progress_of
from backend.orders.stages import Kind


@transaction.atomic
def add_own_event(*, order: Order, kind: Kind, at: datetime) -> None:
    """What Waiqin itself did, for the timeline. Twice is once."""
    OrderEvent.objects.get_or_create(
        company_id=order.company_id,
        order=order,
        source=rules.OWN_SOURCE,
        external_id=kind,
        defaults={"kind": kind, "occurred_at": at, "as_of": at, "received_at": at},
    )


@transaction.atomic
def refresh(*, order: Order, also: tuple[str, ...] = ()) -> Progress:
    """Save the state that follows from the events, with `status`, `trouble` and the fields named in `also`.

    The caller holds the row's lock and has set these fields; the version moves on even where nothing else changed,
    because the timeline did.
    """
    progress = progress_of(order)
    status = rules.status_after(order.status, progress)
    trouble = "" if progress.heard else order.trouble
    order.change(
        status=status,
        trouble=trouble,
        handing_over_since=None if progress.heard else order.handing_over_since,
        label=rules.label_of(status, progress),
        approval=progress.approval,
        production=progress.production,
        shipping=progress.shipping,
        payment=progress.payment,
        blocked_by=rules.blocks_of(status, progress, trouble=trouble),
        reason=progress.reason[:255],
        promised_on=date.fromisoformat(progress.promised_on) if progress.promised_on else None,
        as_of=progress.as_of,
        **{name: getattr(order, name) for name in also},
    )
    return progress

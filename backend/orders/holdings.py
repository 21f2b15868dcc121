"""What a handover moves of orders: drafts change hands; an order under way stays a sale of his, and is looked after."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from backend.core.text import bilingual
from backend.directory.holdings import Case, Holding, Moved, Why
from backend.directory.models import Employee
from backend.directory.models.handovers import HandoverItem
from backend.documents.holdings import hide, owned, show, tied
from backend.events import services as events
from backend.orders.models import Follower, Order
from backend.orders.stages import Label, Status

TYPE = Order._meta.label_lower
OVER = (Label.DRAFT, Label.PAID, Label.RETURNED, Label.REJECTED, Label.CANCELLED, Label.CLOSED)
"""What of its owner's orders nobody has to look after."""


def _drafts(leaver: Employee, at: datetime) -> Q:
    return Q(status=Status.DRAFT)


def _title(order: Order) -> str:
    return f"{order.number or ''} {order.customer.name}".strip()


def _running(leaver: Employee, at: datetime) -> QuerySet[Order]:
    """Those that no earlier handover has found somebody for."""
    rows: QuerySet[Order] = Order.objects.filter(company_id=leaver.company_id, owner_id=leaver.pk, deleted_at=None)
    entrusted = HandoverItem.objects.filter(
        handover__leaver=leaver,
        kind="running_orders",
        outcome=HandoverItem.Outcome.MOVED,
        row_id=Cast(OuterRef("pk"), CharField()),
    )
    return rows.exclude(label__in=OVER).exclude(Exists(entrusted)).select_related("customer")


def _entrust(*, case: Case, rows: Sequence[Order], successor: Employee) -> list[Moved]:
    """The successor sees and follows it; whose sale it is stays as it was."""
    ids = [order.pk for order in rows]
    follows = set(Follower.objects.filter(employee=successor, order_id__in=ids).values_list("order_id", flat=True))
    Follower.objects.bulk_create(
        [
            Follower(company_id=successor.company_id, order=row, employee=successor)
            for row in rows
            if row.pk not in follows
        ],
        ignore_conflicts=True,
    )
    shown = show([(TYPE, pk) for pk in ids], successor)
    moved = []
    for row in rows:
        after = {"employee_id": str(successor.pk), "follows": row.pk not in follows, "shown": (TYPE, row.pk) in shown}
        moved.append(Moved(row.pk, _title(row), {}, after))
    told = ((row, _told(case, successor)) for row in rows)
    events.record_many("order.entrusted", told, actor=case.actor, at=case.at)
    return moved


def _take_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
    """What he saw or followed before, he goes on seeing and following."""
    orders = {str(order.pk): order for order in Order.objects.filter(pk__in=[item.row_id for item in items])}
    for item in items:
        if item.after["follows"]:
            Follower.objects.filter(order_id=item.row_id, employee_id=item.successor_id).delete()
        if item.after["shown"]:
            hide([(TYPE, item.row_id)], item.successor_id)
        events.record(
            "order.entrusted_back",
            orders[item.row_id],
            actor=case.actor,
            at=case.at,
            before=item.after,
            after=item.before,
            handover_id=str(case.handover_id),
        )
    return {}


def _told(case: Case, successor: Employee) -> dict[str, Any]:
    after = {"looked_after_by": str(successor.pk)}
    return {"before": {"looked_after_by": str(case.leaver.pk)}, "after": after, "handover_id": str(case.handover_id)}


DRAFTS = owned(
    Order,
    key="order_drafts",
    name=bilingual("订单草稿", "Drafts of orders"),
    order=60,
    event="order",
    where=_drafts,
    label=_title,
    related=("customer",),
    unfinished=True,
)
RUNNING = Holding(
    key="running_orders",
    name=bilingual("执行中的订单（由接手人跟进）", "Orders under way, to be looked after"),
    order=70,
    rows=_running,
    move=_entrust,
    put_back=_take_back,
    label=_title,
    customer_of=lambda order: order.customer_id,
)
FOLLOWED = tied(
    Follower,
    key="followed_orders",
    name=bilingual("关注的订单", "Orders he follows"),
    order=80,
    to=("order_id",),
    label=lambda follower: _title(follower.order),
    related=("order__customer",),
    shows=lambda follower: (TYPE, follower.order_id),
)

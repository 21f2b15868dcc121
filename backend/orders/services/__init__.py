"""Writes: what a rep does with an order (`entry`), its way to the ERP (`handover`), what the ERP says (`progress`)."""

from backend.orders.services.entry import Changes, cancel, change_order, create_order, follow, submit, unfollow
from backend.orders.services.handover import finish_handover, report_trouble, start_handover
from backend.orders.services.progress import Applied, apply_progress

__all__ = [
    "Applied",
    "Changes",
    "apply_progress",
    "cancel",
    "change_order",
    "create_order",
    "finish_handover",
    "follow",
    "report_trouble",
    "start_handover",
    "submit",
    "unfollow",
]

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.admin import ReadOnlyAdmin
from backend.core.text import bilingual
from backend.events.models import Delivery
from backend.events.owed import Owed

RETRIED_BY = ("directory.manage", "erp.operate")


class OwedAdmin(ReadOnlyAdmin):
    """What is owed to the outside world: waiting, done or dead, and the button that tries again."""

    read_capability = "audit.read"
    list_filter: tuple[Any, ...] = ("status",)
    actions = ("retry",)
    show_full_result_count = False
    list_per_page = 50

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Who reads the trail only looks on."""
        user: Any = request.user
        return any(map(user.has_capability, RETRIED_BY))

    @admin.action(description=bilingual("立即重试", "Retry now"), permissions=["retry"])
    def retry(self, request: HttpRequest, rows: QuerySet[Owed]) -> None:
        revived = self.model.retry([row.pk for row in rows])
        self.message_user(request, bilingual(f"{revived} 条已重新排队", f"{revived} queued again"))


@admin.register(Delivery)
class DeliveryAdmin(OwedAdmin):
    list_display = ("id", "consumer", "event", "status", "attempts", "due_at", "error")
    list_filter = ("status", "consumer")
    list_select_related = ("event",)

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core import clock
from backend.core.admin import ReadOnlyAdmin
from backend.core.text import bilingual
from backend.directory.admin import acting
from backend.erp.models import ErpSystem, ImportFile, InboxMessage, Outbox
from backend.erp.services.systems import pause_system, resume_system
from backend.events.admin import OwedAdmin


@admin.register(ErpSystem)
class ErpSystemAdmin(ReadOnlyAdmin):
    read_capability = "erp.operate"
    list_display = ("code", "name", "kind", "push_url", "receives_orders", "paused_at", "paused_reason")
    actions = ("pause", "resume")

    @admin.action(description=bilingual("暂停发送", "Pause"))
    def pause(self, request: HttpRequest, systems: QuerySet[ErpSystem]) -> None:
        reason = str(bilingual("管理员暂停", "paused by the administrator"))
        for system in systems:
            pause_system(actor=acting(request), system_id=system.pk, reason=reason, at=clock.now())

    @admin.action(description=bilingual("恢复发送", "Resume"))
    def resume(self, request: HttpRequest, systems: QuerySet[ErpSystem]) -> None:
        for system in systems:
            resume_system(actor=acting(request), system_id=system.pk, at=clock.now())


@admin.register(Outbox)
class OutboxAdmin(OwedAdmin):
    list_display: Any = ("id", "system", "entity", "key", "status", "attempts", "due_at", "exported_at", "error")
    list_filter = ("status", "system")
    list_select_related = ("system",)
    search_fields = ("=key",)


@admin.register(InboxMessage)
class InboxMessageAdmin(OwedAdmin):
    list_display: Any = ("id", "system", "external_id", "received_at", "status", "attempts", "due_at", "error")
    list_filter = ("status", "system")
    list_select_related = ("system",)
    search_fields = ("=external_id",)


@admin.register(ImportFile)
class ImportFileAdmin(ReadOnlyAdmin):
    read_capability = "erp.operate"
    list_display = ("first_seen_at", "system", "content", "name", "applied", "unchanged", "parked", "failed")
    list_select_related = ("system",)

from django.contrib import admin

from backend.core.admin import ReadOnlyAdmin
from backend.events.admin import OwedAdmin
from notifications.models import Message, Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    read_capability = "audit.read"
    list_display = ("created_at", "recipient", "kind", "title", "read_at")
    list_select_related = ("recipient",)
    search_fields = ("=recipient__number", "=kind")
    show_full_result_count = False
    list_per_page = 50


@admin.register(Message)
class MessageAdmin(OwedAdmin):
    list_display = ("id", "channel", "notification", "status", "attempts", "due_at", "error")
    list_filter = ("status", "channel")
    list_select_related = ("notification",)

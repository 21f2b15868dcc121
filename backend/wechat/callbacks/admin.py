from typing import Any

from django.contrib import admin

from backend.events.admin import OwedAdmin
from backend.wechat.callbacks.models import Callback


@admin.register(Callback)
class CallbackAdmin(OwedAdmin):
    """What was said is not shown: it may hold personal data, and the retry needs no eyes."""

    list_display: Any = ("id", "app", "name", "subject", "received_at", "status", "attempts", "due_at", "error")
    list_filter = ("status", "name")
    list_select_related = ("app",)
    search_fields = ("=subject",)
    exclude = ("company", "text", "digest")

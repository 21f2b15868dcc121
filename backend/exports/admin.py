from django.contrib import admin

from backend.events.admin import OwedAdmin
from backend.exports.models import Export


@admin.register(Export)
class ExportAdmin(OwedAdmin):
    """Who takes how much; the file itself is for nobody but him."""

    list_display = ("created_at", "kind", "requested_by", "rows_done", "rows_total", "status", "reason", "expires_at")
    list_filter = ("status", "kind")
    list_select_related = ("requested_by",)

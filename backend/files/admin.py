from django.contrib import admin

from backend.events.admin import OwedAdmin
from backend.files.models import FileJob


@admin.register(FileJob)
class FileJobAdmin(OwedAdmin):
    list_display = ("id", "attachment", "work", "status", "attempts", "due_at", "error")
    list_select_related = ("attachment",)

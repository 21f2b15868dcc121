from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from backend.core import clock
from backend.core.admin import CompanyAdmin, ReadOnlyAdmin
from backend.core.text import bilingual
from backend.directory.admin import acting
from backend.events.admin import OwedAdmin
from backend.wechat.directory import services
from backend.wechat.directory.models import DirectoryConflict, SyncRun, WecomDirectory
from backend.wechat.directory.reporting import said


@admin.register(WecomDirectory)
class WecomDirectoryAdmin(CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    list_display = ("corp_id", "member_role", "leader_role", "imported_at", "checked_at")
    fields = ("corp_id", "member_role", "leader_role")
    actions = ("preview", "apply")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("corp_id",) if obj else ("member_role", "leader_role")

    def save_model(self, request: HttpRequest, obj: WecomDirectory, form: Any, change: bool) -> None:
        saved = services.put_directory(
            actor=acting(request), corp_id=obj.corp_id, member_role=obj.member_role, leader_role=obj.leader_role
        )
        obj.pk = saved.pk

    @admin.action(description=bilingual("预览差异", "Preview the differences"))
    def preview(self, request: HttpRequest, directories: QuerySet[WecomDirectory]) -> None:
        self._ask(request, directories, SyncRun.Mode.PREVIEW)

    @admin.action(description=bilingual("同步", "Apply the differences"))
    def apply(self, request: HttpRequest, directories: QuerySet[WecomDirectory]) -> None:
        self._ask(request, directories, SyncRun.Mode.APPLY)

    def _ask(self, request: HttpRequest, directories: QuerySet[WecomDirectory], mode: str) -> None:
        for directory in directories:
            services.ask_for_run(actor=acting(request), directory_id=directory.pk, mode=mode)
        self.message_user(request, bilingual("已排队，结果见“通讯录核对”", "Queued; see the directory comparisons"))


@admin.register(SyncRun)
class SyncRunAdmin(OwedAdmin):
    read_capability = "directory.manage"
    list_display: Any = ("id", "directory", "mode", "night", "status", "created_at", "finished_at", "error")
    list_filter = ("status", "mode")
    list_select_related = ("directory",)
    actions: Any = ("retry", "confirm")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["directory", "mode", "night", "asked_by", "status", "error", "may_leave", "differences"]

    @admin.display(description=bilingual("差异", "differences"))
    def differences(self, run: SyncRun) -> SafeString | str:
        if not run.report:
            return "—"
        return format_html_join("", '<div style="white-space: pre">{}</div>', ((line,) for line in said(run.report)))

    @admin.action(description=bilingual("确认离职人数并同步", "Confirm the leavers and apply"))
    def confirm(self, request: HttpRequest, runs: QuerySet[SyncRun]) -> None:
        for run in runs:
            leaving = run.report.get("counts", {}).get("leaving", 0)
            services.ask_for_run(
                actor=acting(request), directory_id=run.directory_id, mode=SyncRun.Mode.APPLY, may_leave=leaving
            )


@admin.register(DirectoryConflict)
class DirectoryConflictAdmin(ReadOnlyAdmin):
    read_capability = "directory.manage"
    list_display = ("kind", "user_key", "name", "employee", "directory", "found_at", "gone_at", "decision")
    list_filter = ("kind", "decision", "gone_at")
    list_select_related = ("employee", "directory")
    search_fields = ("=user_key", "name")
    actions = ("same_person", "other_person", "noted")

    @admin.action(description=bilingual("是同一人", "They are the same person"))
    def same_person(self, request: HttpRequest, conflicts: QuerySet[DirectoryConflict]) -> None:
        self._decide(request, conflicts, DirectoryConflict.Decision.SAME_PERSON)

    @admin.action(description=bilingual("是不同的人", "They are different people"))
    def other_person(self, request: HttpRequest, conflicts: QuerySet[DirectoryConflict]) -> None:
        self._decide(request, conflicts, DirectoryConflict.Decision.OTHER_PERSON)

    @admin.action(description=bilingual("已知悉，保持不变", "Noted, leave it as it is"))
    def noted(self, request: HttpRequest, conflicts: QuerySet[DirectoryConflict]) -> None:
        self._decide(request, conflicts, DirectoryConflict.Decision.NOTED)

    def _decide(self, request: HttpRequest, conflicts: QuerySet[DirectoryConflict], decision: str) -> None:
        for conflict in conflicts:
            services.decide(actor=acting(request), conflict_id=conflict.pk, decision=decision, at=clock.now())
        self.message_user(
            request, bilingual("下次同步时生效", "It takes effect with the next comparison"), messages.SUCCESS
        )

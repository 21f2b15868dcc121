"""Departments and employees from a file: upload, look, confirm. What is confirmed is what was looked at."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from backend.core import clock
from backend.core.admin import ReadOnlyAdmin, company_of
from backend.core.errors import DomainError, Forbidden
from backend.core.spreadsheets import MAX_BYTES
from backend.core.text import bilingual
from backend.directory.admin.acting import acting
from backend.directory.models import DirectoryImport, DirectoryImportRow
from backend.directory.people_file import showing
from backend.directory.selectors import list_import_rows
from backend.directory.services import exports, imports

SHOWN = 200
"""Rows of each outcome; the counts are always of all."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = {
    "upload": bilingual("上传并预览", "Upload and preview"),
    "template": bilingual("下载模板", "Download the template"),
    "advice": bilingual(
        "XLSX 或 CSV。上传后先预览，确认后才会修改；留空的单元格不修改，“-”表示清空。",
        "XLSX or CSV. You see a preview first, and nothing changes before you confirm it. An empty cell leaves what is "
        "there, “-” takes it away.",
    ),
    "ignored": bilingual("未识别的列（已忽略）：", "Unknown columns (left out): "),
    "row": bilingual("行", "Row"),
    "sheet": bilingual("表", "Table"),
    "key": bilingual("编码或工号", "Code or number"),
    "what": bilingual("内容", "What"),
    "hidden": bilingual("（已隐藏）", "(hidden)"),
    "more": bilingual("仅显示前 200 行", "The first 200 rows are shown"),
    "apply": bilingual("确认导入全部", "Import everything"),
    "good": bilingual("只导入无误的行", "Import the good rows only"),
    "again": bilingual("重新预览", "Preview again"),
    "nothing": bilingual(
        "文件与现有数据一致，无需导入。", "The file says what is so already; there is nothing to import."
    ),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=bilingual("文件", "File"), widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv"})
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(bilingual("文件超过 20 MB。", "The file exceeds 20 MB."))
        return file


class TakesFiles:
    """For the lists of departments and employees: the buttons that lead to the file and back."""

    actions_list: ClassVar[tuple[str, ...]] = ("import_people", "export_people")

    @action(description=bilingual("导入", "Import"), url_path="import")  # type: ignore[untyped-decorator]
    def import_people(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:directory_directoryimport_add"))

    @action(description=bilingual("导出", "Export"), url_path="export")  # type: ignore[untyped-decorator]
    def export_people(self, request: HttpRequest) -> HttpResponse:
        try:
            return _workbook("people.xlsx", exports.export(actor=acting(request), at=clock.now()))
        except Forbidden as exc:
            raise PermissionDenied() from exc


@admin.register(DirectoryImport)
class DirectoryImportAdmin(ReadOnlyAdmin):
    read_capability = write_capability = "directory.manage"
    list_display = ("created_at", "name", "status", "effects", "errors", "created_by", "applied_at")
    list_filter = ("status",)
    list_select_related = ("created_by",)
    actions_list = ("template",)
    show_full_result_count = False

    @admin.display(description=bilingual("新增与修改", "created and changed"))
    def effects(self, made: DirectoryImport) -> int:
        return made.effects

    @admin.display(description=bilingual("有误", "in error"))
    def errors(self, made: DirectoryImport) -> int:
        return made.errors

    @action(description=bilingual("下载模板", "Download the template"), url_path="template")  # type: ignore[untyped-decorator]
    def template(self, request: HttpRequest) -> HttpResponse:
        try:
            return _workbook("template.xlsx", exports.template(actor=acting(request)))
        except Forbidden as exc:
            raise PermissionDenied() from exc

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied()
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                made, _ = imports.upload(actor=acting(request), name=file.name, content=file.read(), at=clock.now())
                return HttpResponseRedirect(_page_of(made))
            except DomainError as exc:
                messages.error(request, _said(exc))
        title = bilingual("导入部门与员工", "Import departments and employees")
        return self._page(request, "import.html", title=title, form=form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        made = DirectoryImport.objects.filter(pk=object_id, company_id=company_of(request)).first()
        if not self.has_view_permission(request):
            raise PermissionDenied()
        if made is None:
            raise Http404()
        if request.method == "POST":
            return self._decide(request, made)
        sheets = [
            (sheet.label, [made.counts.get(sheet.value, {}).get(outcome, 0) for outcome in DirectoryImportRow.Outcome])
            for sheet in DirectoryImportRow.Sheet
        ]
        outcomes = [outcome.label for outcome in DirectoryImportRow.Outcome]
        title = f"{made.name}：{made.get_status_display()}"
        shown = {"title": title, "made": made, "sheets": sheets, "outcomes": outcomes}
        return self._page(request, "import_preview.html", groups=_groups(request, made), **shown)

    def _decide(self, request: HttpRequest, made: DirectoryImport) -> HttpResponse:
        actor, at = acting(request), clock.now()
        try:
            if "again" in request.POST:
                imports.preview_again(actor=actor, import_id=made.pk, at=at)
            else:
                rows = imports.Rows.GOOD if "good" in request.POST else imports.Rows.ALL
                seen = request.POST.get("preview", "")
                done = imports.apply(actor=actor, import_id=made.pk, preview=seen, rows=rows, at=at)
                messages.success(
                    request, bilingual(f"已导入 {done.effects} 行。", f"{done.effects} rows were imported.")
                )
        except DomainError as exc:
            messages.error(request, _said(exc))
        return HttpResponseRedirect(_page_of(made))

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        site = admin.site.each_context(request)
        return TemplateResponse(request, f"admin/directory/{template}", {**site, "words": WORDS, **context})


def _groups(request: HttpRequest, made: DirectoryImport) -> list[dict[str, Any]]:
    """Errors first; what does not change is only counted."""
    Outcome, actor, groups = DirectoryImportRow.Outcome, acting(request), []
    for outcome in (Outcome.ERROR, Outcome.CHANGED, Outcome.CREATED):
        found = list(list_import_rows(actor=actor, import_id=made.pk, outcome=outcome)[: SHOWN + 1])
        lines = [
            {
                "number": row.number,
                "sheet": row.get_sheet_display(),
                "key": row.key,
                "problems": showing.problems(row),
                "changes": [
                    {**change, "heading": showing.heading(row.sheet, change["field"])}
                    for change in showing.changes(row, actor=actor)
                ],
            }
            for row in found[:SHOWN]
        ]
        if lines:
            groups.append({"label": outcome.label, "rows": lines, "more": len(found) > SHOWN})
    return groups


def _page_of(made: DirectoryImport) -> str:
    return reverse("admin:directory_directoryimport_change", args=[made.pk])


def _said(exc: DomainError) -> str:
    columns = exc.data.get("columns")
    return f"{exc.text} {'、'.join(map(str, columns))}" if isinstance(columns, list) else str(exc.text)


def _workbook(name: str, content: bytes) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=XLSX, headers=headers)

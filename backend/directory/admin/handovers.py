"""Handing over from an employee's page: choose, look, confirm; and what has been handed over or delegated."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backend.core import clock
from backend.core.admin import ReadOnlyAdmin, company_of
from backend.core.errors import DomainError
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.directory import handing_over, holdings
from backend.directory.admin.acting import acting
from backend.directory.handing_over import Plan
from backend.directory.models import Delegation, Employee, Handover, HandoverItem
from backend.directory.services import delegations, handovers

PAGE = "admin/directory/handover.html"


class HandoverForm(forms.Form):
    id = forms.UUIDField(widget=forms.HiddenInput)
    """Chosen when the page is first shown, so that a second click is the same handover."""
    successor = forms.ModelChoiceField(
        Employee.objects.none(), label=bilingual("接手人", "Successor"), widget=UnfoldAdminSelectWidget
    )
    kinds = forms.MultipleChoiceField(
        label=bilingual("移交内容", "What to hand over"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    reason = forms.CharField(
        label=bilingual("原因", "Reason"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, leaver: Employee, **kwargs: Any) -> None:
        keys = [(holding.key, holding.name) for holding in holdings.registered()]
        kwargs["initial"] = {"id": new_id(), "kinds": [key for key, _ in keys]}
        super().__init__(*args, **kwargs)
        kinds, successor = self.fields["kinds"], self.fields["successor"]
        assert isinstance(kinds, forms.MultipleChoiceField)
        assert isinstance(successor, forms.ModelChoiceField)
        kinds.choices = keys
        colleagues = Employee.objects.filter(company_id=leaver.company_id, is_active=True)
        successor.queryset = colleagues.exclude(pk=leaver.pk).order_by("number")

    def plan(self, leaver: Employee) -> Plan:
        given = self.cleaned_data
        return Plan(leaver_id=leaver.pk, successor_id=given["successor"].pk, kinds=given["kinds"])


class HandsOver:
    """For the admin of employees: the button, and the page behind it."""

    actions_detail = ("hand_over",)

    @action(description=bilingual("工作移交", "Work handover"), url_path="handover")  # type: ignore[untyped-decorator]
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not acting(request).may("handover.manage"):
            raise PermissionDenied()
        leaver = Employee.objects.filter(pk=object_id, company_id=company_of(request)).first()
        if leaver is None:
            raise Http404()
        form = HandoverForm(request.POST or None, leaver=leaver)
        context: dict[str, Any] = {}
        if form.is_valid():
            try:
                if "confirm" in request.POST:
                    return _made(request, form, leaver)
                context["preview"] = handing_over.preview(actor=acting(request), plan=form.plan(leaver), at=clock.now())
            except DomainError as exc:
                messages.error(request, exc.text)
        title = bilingual(f"工作移交：{leaver.name}", f"Work handover: {leaver.name}")
        site = admin.site.each_context(request)
        return TemplateResponse(
            request, PAGE, {**site, **context, "form": form, "leaver": leaver, "title": title, "words": WORDS}
        )


WORDS = {
    "look": bilingual("预览", "Preview"),
    "confirm": bilingual("确认移交", "Hand over"),
    "kind": bilingual("内容", "What"),
    "count": bilingual("数量", "How many"),
    "kept": bilingual("不能移交", "Cannot move"),
    "samples": bilingual("例如", "For example"),
    "nothing": bilingual("没有可移交的内容。", "There is nothing to hand over."),
    "undo": bilingual("移交后可以在移交记录中撤销。", "It can be undone from the list of handovers."),
}


def _made(request: HttpRequest, form: HandoverForm, leaver: Employee) -> HttpResponse:
    given = form.cleaned_data
    handover, _ = handovers.hand_over(
        actor=acting(request),
        id=given["id"],
        leaver_id=leaver.pk,
        successor_id=given["successor"].pk,
        kinds=given["kinds"],
        reason=given["reason"],
        at=clock.now(),
    )
    moved = sum(handover.counts.values())
    messages.success(request, bilingual(f"已移交 {moved} 项。", f"{moved} things were handed over."))
    return HttpResponseRedirect(reverse("admin:directory_handover_change", args=[handover.pk]))


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    read_capability = "handover.manage"
    list_display = ("created_at", "leaver", "successor", "moved", "left", "created_by", "undone_at")
    list_select_related = ("leaver", "successor", "created_by")
    search_fields = ("leaver__name", "leaver__number", "successor__name", "successor__number")
    date_hierarchy = "created_at"
    actions_detail = ("undo",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(pk__in=Handover.objects.visible_to(acting(request)).values("pk"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        told = ["leaver", "successor", "reason", "moved", "left"]
        return [*told, "created_by", "created_at", "undone_by", "undone_at"]

    @admin.display(description=bilingual("已移交", "moved"))
    def moved(self, handover: Handover) -> str:
        keys = holdings.in_order(handover.counts)
        return "、".join(f"{holdings.name_of(key)} {handover.counts[key]}" for key in keys)

    @admin.display(description=bilingual("未移交或未退回", "not moved, or not put back"))
    def left(self, handover: Handover) -> str:
        return "；".join(f"{item.label}（{item.get_why_display()}）" for item in handing_over.left_of(handover))

    @action(description=bilingual("撤销移交", "Undo"), url_path="undo")  # type: ignore[untyped-decorator]
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Looks first: a link alone changes nothing."""
        handover = self.get_queryset(request).filter(pk=object_id).first()
        if handover is None:
            raise Http404()
        back = reverse("admin:directory_handover_change", args=[handover.pk])
        if request.method != "POST":
            title = bilingual(f"撤销移交：{handover.leaver.name}", f"Undo the handover of {handover.leaver.name}")
            words = {"confirm": bilingual("撤销移交", "Undo")}
            site = admin.site.each_context(request)
            return TemplateResponse(
                request, "admin/directory/undo_handover.html", {**site, "title": title, "words": words, "back": back}
            )
        try:
            handovers.undo(actor=acting(request), handover_id=handover.pk, at=clock.now())
        except DomainError as exc:
            messages.error(request, exc.text)
        return HttpResponseRedirect(back)


@admin.register(HandoverItem)
class HandoverItemAdmin(ReadOnlyAdmin):
    read_capability = "handover.manage"
    list_display = ("label", "holding", "successor", "outcome", "why", "handover")
    list_filter = ("outcome", "kind")
    list_select_related = ("successor", "handover__leaver", "handover__successor")
    search_fields = ("label", "=handover__id")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(handover__in=Handover.objects.visible_to(acting(request)).values("pk"))

    @admin.display(description=bilingual("类别", "kind"))
    def holding(self, item: HandoverItem) -> str:
        return holdings.name_of(item.kind)


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    read_capability = "handover.manage"
    list_display = ("giver", "delegate", "from_on", "to_on", "document_types", "reason", "ended_at", "end_reason")
    list_select_related = ("giver", "delegate")
    search_fields = ("giver__name", "giver__number", "delegate__name", "delegate__number")
    actions = ("end",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(pk__in=Delegation.objects.visible_to(acting(request)).values("pk"))

    @admin.action(description=bilingual("提前结束", "End now"))
    def end(self, request: HttpRequest, rows: QuerySet[Delegation]) -> None:
        for delegation in rows:
            try:
                delegations.end(actor=acting(request), delegation_id=delegation.pk, at=clock.now())
            except DomainError as exc:
                messages.error(request, exc.text)

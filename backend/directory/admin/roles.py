"""What the holders of a role may do, how far and how much of it they see: boxes to tick, no words to type."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from backend.core import clock
from backend.core.actor import Scope
from backend.core.admin import CompanyAdmin
from backend.core.text import bilingual
from backend.directory.admin.acting import acting
from backend.directory.models import LoginRestriction, Role
from backend.directory.roles import ADMINISTRATION, CAPABILITIES, FIELDS, RESOURCES, SCOPES
from backend.directory.services import roles

GROUPS = {
    **RESOURCES,
    "stock": bilingual("库存", "stock"),
    "catalog": bilingual("商品", "products"),
    "erp": bilingual("ERP 对接", "ERP"),
    "role": bilingual("角色", "roles"),
    "handover": bilingual("移交与委托", "handovers and delegations"),
    "audit": bilingual("审计", "audit"),
}
SCOPE_PREFIX = "scope_"


def _grouped() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The capabilities of each resource under its name."""
    prefixes = dict.fromkeys(name.partition(".")[0] for name in CAPABILITIES)
    for prefix in prefixes:
        yield GROUPS[prefix], [pair for pair in CAPABILITIES.items() if pair[0].startswith(f"{prefix}.")]


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    capabilities = forms.MultipleChoiceField(
        choices=list(_grouped()),
        required=False,
        label=bilingual("权限", "May"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    fields_seen = forms.MultipleChoiceField(
        choices=list(FIELDS.items()),
        required=False,
        label=bilingual("可见的敏感字段", "Sensitive fields seen"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    """As it was when the form was opened: of two administrators at once the second is told."""

    class Meta:
        model = Role
        fields = ("code", "name", "is_staff", "capabilities")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding:
            self.initial["fields_seen"], self.initial["seen_version"] = self.instance.fields, self.instance.version
            for resource, scope in self.instance.scopes.items():
                self.initial[f"{SCOPE_PREFIX}{resource}"] = scope

    @property
    def scopes(self) -> dict[str, str]:
        return {resource: self.cleaned_data[f"{SCOPE_PREFIX}{resource}"] for resource in RESOURCES}


RoleForm.declared_fields |= {  # one for each resource there is
    f"{SCOPE_PREFIX}{resource}": forms.ChoiceField(
        choices=list(SCOPES.items()), initial=Scope.OWN, label=name, widget=UnfoldAdminSelectWidget
    )
    for resource, name in RESOURCES.items()
}


@admin.register(Role)
class RoleAdmin(CompanyAdmin):
    read_capability = write_capability = ADMINISTRATION
    form = RoleForm
    list_display = ("code", "name", "holders", "is_staff")
    fieldsets = (
        (None, {"fields": ("code", "name", "is_staff", "seen_version")}),
        (bilingual("可以做什么", "What they may do"), {"fields": ("capabilities",)}),
        (bilingual("能看多远", "How far they see"), {"fields": tuple(f"{SCOPE_PREFIX}{name}" for name in RESOURCES)}),
        (bilingual("能看哪些敏感字段", "Which sensitive fields they see"), {"fields": ("fields_seen",)}),
        (bilingual("从哪里登录", "From where they sign in"), {"fields": ("restriction",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(
            held=Count("assignments", filter=Q(assignments__employee__is_active=True))
        )
        return counted

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "restriction") if obj else ("restriction",)

    @admin.display(description=bilingual("持有人数", "holders"), ordering="held")
    def holders(self, role: Any) -> int:
        held: int = role.held
        return held

    @admin.display(description=bilingual("登录限制", "restriction"))
    def restriction(self, role: Role) -> str:
        """Kept on a page of its own, for it is another capability's business."""
        found = LoginRestriction.objects.filter(role_id=role.pk).first()
        if found is None:
            address, name = reverse("admin:directory_loginrestriction_add"), bilingual("无，添加", "none; add one")
        else:
            address = reverse("admin:directory_loginrestriction_change", args=[found.pk])
            name = bilingual("有，查看", "there is one; see it")
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, name)

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        saved = roles.put_role(
            actor=acting(request),
            code=obj.code,
            name=obj.name,
            capabilities=form.cleaned_data["capabilities"],
            scopes=form.scopes,
            fields=form.cleaned_data["fields_seen"],
            is_staff=obj.is_staff,
            version=form.cleaned_data["seen_version"],
            at=clock.now(),
        )
        obj.pk = saved.pk

"""Who signs in, from where and on what; and what administrators allow."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from backend.core import clock
from backend.core.admin import CompanyAdmin, ReadOnlyAdmin
from backend.core.text import bilingual
from backend.directory.admin.acting import acting
from backend.directory.models import Device, Identity, LoginRecord, LoginRestriction, Session
from backend.directory.services import bindings, devices, restrictions, sessions

WEEKDAYS = [
    (1, bilingual("星期一", "Monday")),
    (2, bilingual("星期二", "Tuesday")),
    (3, bilingual("星期三", "Wednesday")),
    (4, bilingual("星期四", "Thursday")),
    (5, bilingual("星期五", "Friday")),
    (6, bilingual("星期六", "Saturday")),
    (7, bilingual("星期日", "Sunday")),
]


class _Managed(ReadOnlyAdmin):
    """Read by auditors, acted on by administrators."""

    read_capability = "audit.read"
    show_full_result_count = False
    list_per_page = 50

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated and acting(request).may("directory.manage"))


@admin.register(Session)
class SessionAdmin(_Managed):
    list_display = ("employee", "door", "device_name", "app", "address", "created_at", "last_seen_at", "revoked_at")
    list_filter = ("door", "revoked_reason")
    list_select_related = ("employee",)
    search_fields = ("employee__number", "employee__name")
    date_hierarchy = "created_at"
    actions = ("end",)

    @admin.action(description=bilingual("立即退出登录", "Sign out now"), permissions=["manage"])
    def end(self, request: HttpRequest, rows: QuerySet[Session]) -> None:
        for pk in rows.values_list("pk", flat=True):
            sessions.end_session(actor=acting(request), session_id=pk, at=clock.now())


@admin.register(LoginRecord)
class LoginRecordAdmin(_Managed):
    list_display = ("at", "employee", "door", "outcome", "reason", "address", "device_name", "app")
    list_filter = ("outcome", "door", "reason")
    list_select_related = ("employee",)
    search_fields = ("employee__number", "employee__name", "=address")
    date_hierarchy = "at"


@admin.register(Device)
class DeviceAdmin(_Managed):
    list_display = ("employee", "name", "app", "address", "status", "created_at", "last_signed_in_at", "decided_by")
    list_filter = ("status",)
    list_select_related = ("employee", "decided_by")
    search_fields = ("employee__number", "employee__name", "name")
    actions = ("approve", "revoke")

    @admin.action(description=bilingual("批准登记", "Approve"), permissions=["manage"])
    def approve(self, request: HttpRequest, rows: QuerySet[Device]) -> None:
        for pk in rows.values_list("pk", flat=True):
            devices.approve(actor=acting(request), device_id=pk, at=clock.now())

    @admin.action(description=bilingual("撤销", "Revoke"), permissions=["manage"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Device]) -> None:
        for pk in rows.values_list("pk", flat=True):
            devices.revoke(actor=acting(request), device_id=pk, at=clock.now())


@admin.register(Identity)
class IdentityAdmin(_Managed):
    list_display = ("employee", "provider", "tenant", "subject", "how", "bound_at")
    list_filter = ("provider", "how")
    list_select_related = ("employee",)
    search_fields = ("employee__number", "employee__name", "=subject_key")
    actions = ("unbind",)

    @admin.action(description=bilingual("解除绑定", "Unbind"), permissions=["manage"])
    def unbind(self, request: HttpRequest, rows: QuerySet[Identity]) -> None:
        for pk in rows.values_list("pk", flat=True):
            bindings.unbind_identity(actor=acting(request), identity_id=pk, at=clock.now())


class RestrictionForm(forms.ModelForm):  # type: ignore[type-arg]
    networks = forms.CharField(
        label=bilingual("允许的网段", "Networks"),
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=bilingual(
            "每行一个，如 203.0.113.0/24；留空不限。", "One a line, as 203.0.113.0/24; empty: anywhere."
        ),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=bilingual("允许的星期", "Weekdays"),
        required=False,
        coerce=int,
        choices=WEEKDAYS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=bilingual("不选则每天。", "None: every day."),
    )

    class Meta:
        model = LoginRestriction
        fields = ("role", "networks", "weekdays", "begins", "ends", "devices")
        help_texts = {"ends": bilingual("按企业时区；早于开始则到次日。", "Company time; before the start: next day.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["networks"] = "\n".join(self.instance.networks)

    def clean_networks(self) -> list[str]:
        return self.cleaned_data["networks"].split()  # type: ignore[no-any-return]


@admin.register(LoginRestriction)
class LoginRestrictionAdmin(CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    form = RestrictionForm
    list_display = ("role", "networks", "weekdays", "begins", "ends", "devices")
    list_select_related = ("role",)
    actions = ("lift",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("role",) if obj else ()

    def save_model(self, request: HttpRequest, obj: LoginRestriction, form: Any, change: bool) -> None:
        saved = restrictions.put_restriction(
            actor=acting(request),
            role_id=obj.role_id,
            networks=form.cleaned_data["networks"],
            weekdays=form.cleaned_data["weekdays"],
            begins=obj.begins,
            ends=obj.ends,
            devices=obj.devices,
            at=clock.now(),
        )
        obj.pk = saved.pk

    @admin.action(description=bilingual("取消限制", "Lift"))
    def lift(self, request: HttpRequest, rows: QuerySet[LoginRestriction]) -> None:
        for role_id in rows.values_list("role_id", flat=True):
            restrictions.lift_restriction(actor=acting(request), role_id=role_id, at=clock.now())

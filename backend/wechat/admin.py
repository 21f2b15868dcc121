from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from backend.core.admin import CompanyAdmin
from backend.core.text import bilingual
from backend.directory.admin import acting
from backend.wechat.models import WecomApp
from backend.wechat.services import configure_app


class WecomAppForm(forms.ModelForm):  # type: ignore[type-arg]
    secret = forms.CharField(
        label=bilingual("密钥 (Secret)", "Secret"),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=bilingual("加密保存，不再显示。", "Kept encrypted and never shown again."),
    )

    class Meta:
        model = WecomApp
        fields = ("name", "corp_id", "agent_id")


@admin.register(WecomApp)
class WecomAppAdmin(CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    form = WecomAppForm
    list_display = ("name", "corp_id", "agent_id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("agent_id",) if obj else ()

    def save_model(self, request: HttpRequest, obj: WecomApp, form: Any, change: bool) -> None:
        saved = configure_app(
            actor=acting(request),
            corp_id=obj.corp_id,
            agent_id=obj.agent_id,
            secret=form.cleaned_data["secret"],
            name=obj.name,
        )
        obj.pk = saved.pk

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from backend.core.admin import CompanyAdmin
from backend.core.text import bilingual
from backend.directory.admin import acting
from backend.wechat.callbacks import admin as _callbacks  # noqa: F401  # registers its pages
from backend.wechat.directory import admin as _directory  # noqa: F401
from backend.wechat.models import App
from backend.wechat.services.apps import configure_app


def _write_only(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=bilingual(
            "加密保存，不再显示。留空则不变。", "Kept encrypted and never shown again. Empty: unchanged."
        ),
    )


class AppForm(forms.ModelForm):  # type: ignore[type-arg]
    new_secret = _write_only(bilingual("密钥 (Secret)", "Secret"))
    new_callback_token = _write_only(bilingual("回调 Token", "Callback token"))
    new_aes_key = _write_only(bilingual("回调 EncodingAESKey", "Callback EncodingAESKey"))

    class Meta:
        model = App
        fields = ("name", "kind", "platform_id", "agent_id")


@admin.register(App)
class AppAdmin(CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    form = AppForm
    list_display = ("name", "kind", "platform_id", "agent_id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("kind", "platform_id", "agent_id", "public_id") if obj else ()

    def save_model(self, request: HttpRequest, obj: App, form: Any, change: bool) -> None:
        saved = configure_app(
            actor=acting(request),
            kind=obj.kind,
            platform_id=obj.platform_id,
            agent_id=obj.agent_id,
            secret=form.cleaned_data["new_secret"] or None,
            callback_token=form.cleaned_data["new_callback_token"] or None,
            aes_key=form.cleaned_data["new_aes_key"] or None,
            name=obj.name,
        )
        obj.pk = saved.pk

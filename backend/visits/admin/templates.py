"""Templates on the admin site: a page writes what is asked as JSON, and saving it publishes."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from backend.core import clock, strict_json
from backend.core.admin import CompanyAdmin, ReadOnlyAdmin
from backend.core.errors import VersionConflict
from backend.core.text import bilingual
from backend.directory.admin import acting
from backend.visits.errors import TemplateInvalid
from backend.visits.models import TemplateVersion, VisitTemplate
from backend.visits.selectors.templates import is_published
from backend.visits.services import templates

EXAMPLE = [{"key": "front", "kind": "photo", "title": {"zh": "门头照"}, "photo": {"tag": "front", "minimum": 1}}]


class ActionsField(forms.CharField):
    """JSON as text; what it means the service judges."""

    widget = forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "style": "font-family: monospace; width: 100%"})

    def to_python(self, value: Any) -> Any:
        try:
            return strict_json.read(value or "[]")
        except ValueError as exc:
            raise ValidationError(
                bilingual(
                    "不是有效的 JSON，或含有重复的键、NaN、空字符等。",
                    "This is not JSON, or has doubled keys, NaN, NUL or the like.",
                )
            ) from exc

    def validate(self, value: Any) -> None:
        """The service does."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    actions = ActionsField(
        label=bilingual("动作", "actions"),
        initial=EXAMPLE,
        help_text=bilingual(
            "JSON 列表，见 docs/visit-forms.md；保存即发布新版本，进行中的拜访不受影响。",
            "A list in JSON, see docs/visit-forms.md. Saving publishes the next version; open visits keep theirs.",
        ),
    )

    seen_version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    """The newest when the form was opened: of two administrators at once the second is told."""

    class Meta:
        model = VisitTemplate
        fields = ("name", "customer_type", "customer_level")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            newest = self.instance.versions.latest("number")
            self.initial["actions"], self.initial["seen_version"] = newest.actions, newest.number

    def clean(self) -> dict[str, Any]:
        """What he wrote stays before him where another version came meanwhile; the same again is no conflict."""
        given: dict[str, Any] = super().clean() or {}
        if not self.instance._state.adding and {"actions", "seen_version"} <= given.keys():
            newest = self.instance.versions.latest("number")
            if given["seen_version"] != newest.number and not is_published(newest, given["actions"]):
                self.add_error("actions", VersionConflict.message)
        return given


@admin.register(VisitTemplate)
class VisitTemplateAdmin(CompanyAdmin):
    read_capability = write_capability = "visit.manage"
    form = TemplateForm
    list_display = ("name", "customer_type", "customer_level", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("name",)
    fields = ("name", "customer_type", "customer_level", "actions", "seen_version")
    actions = ("retire",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "customer_type", "customer_level") if obj else ()

    def save_model(self, request: HttpRequest, obj: VisitTemplate, form: Any, change: bool) -> None:
        try:
            self._publish(request, obj, form.cleaned_data, change)
        except TemplateInvalid as exc:  # of what is wrong in a long text, where it is says as much as what it is
            raise TemplateInvalid(fields={path: f"{path}: {text}" for path, text in exc.fields.items()}) from exc

    def _publish(self, request: HttpRequest, obj: VisitTemplate, given: dict[str, Any], change: bool) -> None:
        actor, actions, at = acting(request), given["actions"], clock.now()
        if change:
            version = given["seen_version"]
            templates.publish_version(actor=actor, template_id=obj.pk, version=version, actions=actions, at=at)
        else:
            told = {name: given[name] for name in ("name", "customer_type", "customer_level")}
            obj.pk = templates.create_template(actor=actor, actions=actions, at=at, **told)[0].pk

    @admin.action(description=bilingual("停用", "Retire"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[VisitTemplate]) -> None:
        for template in queryset:
            templates.retire_template(actor=acting(request), template_id=template.pk, at=clock.now())
        self.message_user(request, bilingual("已停用。", "Retired."), messages.SUCCESS)


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ReadOnlyAdmin):
    read_capability = "visit.manage"
    list_display = ("template", "number", "published_at", "in_force_from")
    list_filter = ("template",)
    list_select_related = ("template",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["template", "number", "published_at", "in_force_from", "asked"]

    @admin.display(description=bilingual("动作", "actions"))
    def asked(self, version: TemplateVersion) -> str:
        return format_html("<pre>{}</pre>", json.dumps(version.actions, ensure_ascii=False, indent=2))

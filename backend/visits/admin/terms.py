from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from backend.core import clock
from backend.core.admin import CompanyAdmin, ReadOnlyAdmin, company_of
from backend.core.text import bilingual
from backend.directory.admin import acting
from backend.visits import consent_wording
from backend.visits.models import Consent, ConsentText, PlanSeries, PlanSubstitution, VisitCadence, VisitPolicy
from backend.visits.rules import DEFAULT_LIMITS, RANGES
from backend.visits.selectors import planning
from backend.visits.services import cadences, policies

WHOLE = {"samples", "photo_bits"}


def _limit_field(name: str) -> forms.Field:
    found = RANGES[name]
    kind: Any = forms.IntegerField if name in WHOLE else forms.FloatField
    default = getattr(DEFAULT_LIMITS, name)
    return kind(  # type: ignore[no-any-return]
        required=False,
        min_value=found.least,
        max_value=found.most,
        label=f"{found.name} ({found.unit})" if found.unit else found.name,
        help_text=bilingual(f"默认 {default:g}；留空即默认", f"default {default:g}; empty means the default"),
    )


LimitsForm = type("LimitsForm", (forms.Form,), {f"limit_{name}": _limit_field(name) for name in RANGES})
"""Shown as fields of their own, kept as one column."""


class PolicyForm(forms.ModelForm, LimitsForm):  # type: ignore[type-arg,valid-type,misc]
    class Meta:
        model = VisitPolicy
        fields = ("positions_kept_days", "closes_after_h")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, **{f"limit_{name}": value for name, value in self.instance.limits.items()}}


@admin.register(VisitPolicy)
class VisitPolicyAdmin(CompanyAdmin):
    """One a company: the list leads straight to it."""

    read_capability = write_capability = "visit.manage"
    form = PolicyForm

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        held = VisitPolicy.objects.filter(company_id=company_of(request)).values_list("pk", flat=True).first()
        page = reverse("admin:visits_visitpolicy_change", args=[held]) if held else None
        return HttpResponseRedirect(page or reverse("admin:visits_visitpolicy_add"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        limits = tuple(f"limit_{name}" for name in RANGES)
        return (
            (None, {"fields": ("positions_kept_days", "closes_after_h")}),
            (bilingual("判定阈值", "Thresholds"), {"fields": limits}),
        )

    def save_model(self, request: HttpRequest, obj: VisitPolicy, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data.get(f"limit_{name}") for name in RANGES}
        changes: policies.PolicyChanges = {
            "limits": {name: value for name, value in given.items() if value is not None},
            "positions_kept_days": obj.positions_kept_days,
            "closes_after_h": obj.closes_after_h,
        }
        version = obj.version if change else 0
        obj.pk = policies.put_policy(actor=acting(request), version=version, changes=changes, at=clock.now()).pk


class ConsentTextForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ConsentText
        fields = ("zh", "en")


@admin.register(ConsentText)
class ConsentTextAdmin(CompanyAdmin):
    """A published text is never changed; adding one publishes the next version."""

    read_capability = write_capability = "visit.manage"
    form = ConsentTextForm
    list_display = ("version", "published_at", "zh")
    fields = ("zh", "en")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"zh": consent_wording.ZH, "en": consent_wording.EN}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ConsentText, form: Any, change: bool) -> None:
        text, _ = policies.publish_consent_text(actor=acting(request), zh=obj.zh, en=obj.en, at=clock.now())
        obj.pk = text.pk


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    read_capability = "visit.manage"
    list_display = ("employee", "text", "given_at", "withdrawn_at")
    list_select_related = ("employee", "text")


@admin.register(VisitCadence)
class VisitCadenceAdmin(CompanyAdmin):
    read_capability = write_capability = "visit.manage"
    list_display = ("level", "every_days")
    fields = ("level", "every_days")

    def save_model(self, request: HttpRequest, obj: VisitCadence, form: Any, change: bool) -> None:
        self._put(request, {form.initial.get("level"): None, obj.level: obj.every_days})
        obj.pk = VisitCadence.objects.get(company_id=company_of(request), level=obj.level).pk

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: VisitCadence) -> None:
        self._put(request, {obj.level: None})

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        self._put(request, dict.fromkeys(queryset.values_list("level", flat=True)))

    def _put(self, request: HttpRequest, changes: dict[str, int | None]) -> None:
        actor = acting(request)
        wanted = planning.cadences(actor=actor) | changes
        kept = {level: days for level, days in wanted.items() if days is not None}
        cadences.put_cadences(actor=actor, days_of_level=kept, at=clock.now())


@admin.register(PlanSeries)
class PlanSeriesAdmin(ReadOnlyAdmin):
    read_capability = "visit.manage"
    list_display = ("owner", "customer", "kind", "first_on", "last_on", "ended_at")
    list_filter = ("kind",)
    list_select_related = ("owner", "customer")
    search_fields = ("owner__name", "customer__name")


@admin.register(PlanSubstitution)
class PlanSubstitutionAdmin(ReadOnlyAdmin):
    read_capability = "visit.manage"
    list_display = ("absent", "substitute", "first_on", "last_on", "reason", "owner")
    list_select_related = ("absent", "substitute", "owner")
    search_fields = ("absent__name", "substitute__name")

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from backend.core import clock
from backend.core.admin import CompanyAdmin
from backend.core.text import bilingual
from backend.directory.admin.acting import acting
from backend.directory.features import FEATURES
from backend.directory.models import Company
from backend.directory.roles import ADMINISTRATION
from backend.directory.services import company


class FeaturesForm(forms.ModelForm):  # type: ignore[type-arg]
    features = forms.MultipleChoiceField(
        choices=list(FEATURES.items()),
        required=False,
        label=bilingual("手机端显示的功能", "Shown on the phones"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=bilingual(
            "只决定显示什么；能做什么由角色决定。", "What is shown only; what may be done is for the roles."
        ),
    )

    class Meta:
        model = Company
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["features"] = [name for name in FEATURES if name not in self.instance.features_off]

    @property
    def switched(self) -> dict[str, bool]:
        """Only what was touched: the others may have been switched by somebody else meanwhile."""
        before, after = set(self.initial["features"]), set(self.cleaned_data["features"])
        return {name: name in after for name in before ^ after}


@admin.register(Company)
class OwnCompanyAdmin(CompanyAdmin):
    """The administrator's own company and no other."""

    read_capability = write_capability = ADMINISTRATION
    company_column = "pk"
    form = FeaturesForm
    list_display = ("code", "name", "currency", "timezone")
    fields = ("code", "name", "currency", "timezone", "features")
    readonly_fields = ("code", "name", "currency", "timezone")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_add_permission(request)

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        company.switch_features(actor=acting(request), on=form.switched, at=clock.now())

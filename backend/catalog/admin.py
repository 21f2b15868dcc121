from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from backend.catalog.models import Product
from backend.catalog.services import put_product
from backend.core import clock
from backend.core.admin import CompanyAdmin
from backend.core.text import bilingual
from backend.directory.admin import acting

FIELDS = ("code", "name", "spec", "unit", "category", "list_price", "cost_price", "currency", "tax_rate", "is_active")


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    barcode_list = forms.CharField(
        label=bilingual("条码", "Barcodes"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=bilingual("每行一个", "One a line"),
    )

    class Meta:
        model = Product
        fields = FIELDS


@admin.register(Product)
class ProductAdmin(CompanyAdmin):
    read_capability = write_capability = "catalog.write"
    form = ProductForm
    list_display = ("code", "name", "spec", "unit", "category", "list_price", "is_active")
    list_filter = ("is_active", "category")
    search_fields = ("code", "name", "pinyin", "initials", "barcodes__code")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        codes = obj.barcodes.order_by("code").values_list("code", flat=True) if obj else ()
        form.base_fields["barcode_list"].initial = "\n".join(codes)
        return form

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        saved = put_product(
            actor=acting(request),
            code=obj.code,
            barcodes=form.cleaned_data["barcode_list"].split(),
            at=clock.now(),
            **{name: getattr(obj, name) for name in FIELDS if name != "code"},
        )
        obj.pk = saved.pk

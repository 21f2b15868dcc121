from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core import clock
from backend.core.admin import CompanyAdmin, ReadOnlyAdmin
from backend.core.errors import DomainError
from backend.core.text import bilingual
from backend.customers import services
from backend.customers.models import Customer, CustomerField, CustomerImport, DictionaryEntry, Merge, PoolRules
from backend.customers.selectors import list_recycled
from backend.customers.selectors.listing import Wanted, page_of_customers
from backend.directory.admin import acting
from backend.events.admin import OwedAdmin

FIELDS = ("code", "name", "status", "level", "type", "source", "tags", "phone", "credit_code", "address", "geofence_m")
SHOWN = (*FIELDS, "owner", "department", "lat", "lng", "details", "claimed_at", "deleted_at", "merged_into", "version")
FOUND_AT_MOST = 200


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Customer
        fields = FIELDS


@admin.register(Customer)
class CustomerAdmin(CompanyAdmin):
    read_capability = "customer.read"
    write_capability = "customer.write"
    form = CustomerForm
    fields = SHOWN
    list_display = ("code", "name", "status", "level", "type", "owner", "deleted_at")
    list_filter = ("status", "type", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("code",)
    search_help_text = bilingual(
        "名称、拼音、首字母、编码、电话或联系人", "name, pinyin, initials, code, phone or contact"
    )
    show_full_result_count = False
    actions = ("release", "recycle", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Within the data scope, and what of it lies in the recycle bin."""
        rows = super().get_queryset(request)
        actor = acting(request)
        if not actor.may("customer.write"):
            return rows.filter(pk__in=Customer.objects.visible_to(actor).values("pk"))
        seen: QuerySet[Any] = rows.filter(pk__in=Customer.objects.visible_to(actor).values("pk"))
        return seen | rows.filter(pk__in=list_recycled(actor=actor).order_by().values("pk"))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """As the phones search."""
        if not search_term:
            return queryset, False
        found = page_of_customers(actor=acting(request), wanted=Wanted(q=search_term), limit=FOUND_AT_MOST)
        return queryset.filter(pk__in=[customer.pk for customer in found]), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a new one belongs to whoever meets it: phones, ERP and imports make them

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in SHOWN if name not in FIELDS)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        changes: Any = {name: form.cleaned_data[name] for name in form.changed_data if name in FIELDS}
        stored = Customer.objects.get(pk=obj.pk)
        services.change_customer(
            actor=acting(request), customer_id=obj.pk, version=stored.version, changes=changes, at=clock.now()
        )

    @admin.action(description=bilingual("退回公海", "Release into the pool"))
    def release(self, request: HttpRequest, chosen: Any) -> None:
        self._each(request, chosen, services.release_customer)

    @admin.action(description=bilingual("移入回收站", "Into the recycle bin"))
    def recycle(self, request: HttpRequest, chosen: Any) -> None:
        self._each(request, chosen, services.recycle_customer)

    @admin.action(description=bilingual("从回收站恢复（含撤销合并）", "Restore, and undo its merge"))
    def restore(self, request: HttpRequest, chosen: Any) -> None:
        self._each(request, chosen, services.restore_customer)

    def _each(self, request: HttpRequest, chosen: Any, service: Any) -> None:
        for customer in chosen:
            try:
                service(actor=acting(request), customer_id=customer.pk, at=clock.now())
            except DomainError as exc:
                self.message_user(request, f"{customer}：{exc.text}", messages.ERROR)


@admin.register(PoolRules)
class PoolRulesAdmin(CompanyAdmin):
    read_capability = write_capability = "role.manage"
    list_display = ("company", "most_held", "claims_a_day", "return_after_days", "returned_statuses")
    fields = ("most_held", "claims_a_day", "return_after_days", "returned_statuses")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "returned_statuses":
            choices = Customer.Status.choices
            return forms.MultipleChoiceField(choices=choices, label=db_field.verbose_name, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: PoolRules, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in PoolRules.LIMITS}
        obj.pk = services.set_pool_rules(actor=acting(request), at=clock.now(), **given).pk


@admin.register(CustomerField)
class CustomerFieldAdmin(CompanyAdmin):
    read_capability = write_capability = "role.manage"
    list_display = ("key", "name", "kind", "is_required", "is_active", "position")
    fields = ("key", "name", "kind", "choices", "is_required", "is_active", "position")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key",) if obj else ()

    def save_model(self, request: HttpRequest, obj: CustomerField, form: Any, change: bool) -> None:
        given = {name: getattr(obj, name) for name in self.fields}
        obj.pk = services.put_field(actor=acting(request), at=clock.now(), **given).pk


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    read_capability = "customer.write"
    list_display = ("merged_at", "merged", "kept", "merged_by", "undone_at")
    list_select_related = ("merged", "kept", "merged_by")
    list_filter = (("undone_at", admin.EmptyFieldListFilter),)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = Customer.objects.visible_to(acting(request)).values("pk")
        rows: QuerySet[Any] = super().get_queryset(request).filter(kept__in=visible)
        return rows


@admin.register(CustomerImport)
class CustomerImportAdmin(OwedAdmin):
    """Who brought what in, and how it went; the rows are for whoever uploaded them."""

    list_display = (
        "created_at",
        "name",
        "created_by",
        "phase",
        "rows_total",
        "rows_applied",
        "rows_outdated",
        "status",
    )
    list_filter = ("phase", "status")
    list_select_related = ("created_by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("content")


@admin.register(DictionaryEntry)
class DictionaryEntryAdmin(CompanyAdmin):
    read_capability = write_capability = "role.manage"
    list_display = ("kind", "code", "name", "name_en", "position", "is_active")
    list_filter = ("kind", "is_active")
    fields = ("kind", "code", "name", "name_en", "position", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("kind", "code") if obj else ()

    def save_model(self, request: HttpRequest, obj: DictionaryEntry, form: Any, change: bool) -> None:
        given = {name: getattr(obj, name) for name in self.fields}
        obj.pk = services.put_entry(actor=acting(request), at=clock.now(), **given).pk

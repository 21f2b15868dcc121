"""What every admin page has in common: one company, capabilities instead of model permissions, services that write."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import RelatedFieldListFilter
from django.db.models import BinaryField, Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from backend.core.errors import DomainError
from backend.core.fields import hidden_fields


class OwnCompanyFilter(RelatedFieldListFilter):
    """Offers only rows of the own company; Django's offers every tenant's."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        own = {"company_id": company_of(request)}
        return field.get_choices(include_blank=False, limit_choices_to=own)


class CompanyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold carries no types
    """Reads everything of the administrator's own company; writes only what a subclass hands to a service."""

    read_capability: ClassVar[str]
    write_capability: ClassVar[str | None] = None
    company_column: ClassVar[str] = "company_id"
    list_filter_submit = True
    exclude: tuple[str, ...] = ("company",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(**{self.company_column: company_of(request)})

    def hidden(self, request: HttpRequest) -> frozenset[str]:
        """Columns of classes that this administrator's roles do not show: not listed, searched, shown or edited."""
        user: Any = request.user
        return hidden_fields(self.model, sees=user.sees)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        hidden = self.hidden(request)
        return [column for column in super().get_list_display(request) if column not in hidden]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        hidden = self.hidden(request)
        return [name for name in super().get_search_fields(request) if name.lstrip("^=@") not in hidden]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        hidden = self.hidden(request)
        return [name for name in super().get_fields(request, obj) if name not in hidden]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _may(request, self.read_capability)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.write_capability is not None and _may(request, self.write_capability)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [
            (item, OwnCompanyFilter) if isinstance(item, str) and self._is_relation(item) else item
            for item in super().get_list_filter(request)
        ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only by what `list_filter` offers. Django lets any column be asked for, `?password__startswith=` too."""
        name, _, how = lookup.partition("__")
        if name not in {field.name for field in self.model._meta.get_fields()}:
            return bool(super().lookup_allowed(lookup, value, request))
        offered = {
            item if isinstance(item, str) else item[0] for item in self.list_filter if not isinstance(item, type)
        }
        if name not in offered | {self.date_hierarchy}:
            return False
        return not self._is_relation(name) or how in {"", "exact", "id__exact", "pk__exact", "in", "isnull"}

    def _is_relation(self, name: str) -> bool:
        return "__" not in name and bool(self.model._meta.get_field(name).is_relation)

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """Only the own company's rows can be chosen."""
        related = db_field.related_model
        kwargs.setdefault("queryset", related._default_manager.filter(company_id=company_of(request)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A service's refusal rolls the form back and is shown in the reader's language."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except DomainError as exc:
            details = "; ".join(map(str, getattr(exc, "fields", {}).values()))
            self.message_user(request, f"{exc.text} {details}".strip(), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The same for what an action asks of a service."""
        try:
            return super().changelist_view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except DomainError as exc:
            if request.method != "POST":
                raise
            self.message_user(request, exc.text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service called by `save_model` has written everything."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Events are the audit trail; Django's admin log would be a second, poorer one."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """See `log_addition`."""


class ReadOnlyAdmin(CompanyAdmin):
    """For what nobody may write by hand. Shows every column that a person can read."""

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        left_out = {"company", *self.exclude, *self.hidden(request)}
        return [field.name for field in self.opts.fields if field.name not in left_out and _is_readable(field)]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return self.get_fields(request, obj)


def company_of(request: HttpRequest) -> Any:
    """The id of the administrator's company; the admin site lets no anonymous user this far."""
    return getattr(request.user, "company_id", None)


def _may(request: HttpRequest, capability: str) -> bool:
    user = request.user
    return bool(user.is_authenticated and user.has_capability(capability))


def _is_readable(field: "Field[Any, Any]") -> bool:
    """Digests say nothing to a person, and a secret stays one, also as ciphertext."""
    return not isinstance(field, BinaryField) and not field.name.endswith("_encrypted")

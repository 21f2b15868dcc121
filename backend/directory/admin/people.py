from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectMultipleWidget

from backend.core import clock
from backend.core.actor import Scope
from backend.core.admin import CompanyAdmin, company_of
from backend.core.text import bilingual
from backend.directory.admin.acting import acting
from backend.directory.admin.handovers import HandsOver
from backend.directory.models import Department, Employee, Role
from backend.directory.roles import CAPABILITIES, RESOURCES
from backend.directory.services import people

admin.site.unregister(Group)  # Django's groups belong to no company and give no right here; ours are roles


@admin.register(Department)
class DepartmentAdmin(CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    list_display = ("code", "name", "parent")
    search_fields = ("code", "name")
    fields = ("code", "name", "parent")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Department, form: Any, change: bool) -> None:
        saved = people.put_department(actor=acting(request), code=obj.code, name=obj.name, parent_id=obj.parent_id)
        obj.pk = saved.pk


class EmployeeForm(forms.ModelForm):  # type: ignore[type-arg]
    assigned_roles = forms.ModelMultipleChoiceField(
        Role.objects.none(), label=bilingual("角色", "Roles"), widget=UnfoldAdminSelectMultipleWidget
    )
    new_password = forms.CharField(
        label=bilingual("新密码", "New password"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=bilingual(
            "留空则不变；本人首次登录后须修改。",
            "Empty leaves it as it is; it must be changed after the first sign-in.",
        ),
    )

    class Meta:
        model = Employee
        fields = ("number", "name", "department", "manager", "phone", "email")


@admin.register(Employee)
class EmployeeAdmin(HandsOver, CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    form = EmployeeForm
    list_display = ("number", "name", "department", "manager", "phone", "is_active")
    list_filter = ("is_active", "department")
    list_select_related = ("department", "manager")
    search_fields = ("number", "name", "phone")
    fields = ("number", "name", "department", "manager", "assigned_roles", "phone", "email", "new_password")
    actions = ("dismiss",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("number",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        roles = form.base_fields["assigned_roles"]
        roles.queryset = Role.objects.filter(company_id=company_of(request))
        roles.initial = list(obj.roles.values_list("pk", flat=True)) if obj else []
        return form

    def save_model(self, request: HttpRequest, obj: Employee, form: Any, change: bool) -> None:
        actor, at = acting(request), clock.now()
        saved = people.put_employee(
            actor=actor,
            number=obj.number,
            name=obj.name,
            department_id=obj.department_id,
            manager_id=obj.manager_id,
            role_codes=[role.code for role in form.cleaned_data["assigned_roles"]],
            phone=obj.phone,
            email=obj.email,
            at=at,
        )
        obj.pk = saved.pk
        if password := form.cleaned_data["new_password"]:
            people.set_password(actor=actor, employee_id=saved.pk, password=password, must_change=True, at=at)

    @admin.action(description=bilingual("办理离职", "Dismiss"))
    def dismiss(self, request: HttpRequest, employees: Any) -> None:
        for employee in employees:
            people.dismiss(actor=acting(request), employee_id=employee.pk, at=clock.now())


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    capabilities = forms.MultipleChoiceField(
        choices=list(CAPABILITIES.items()),
        required=False,
        label=bilingual("权限", "May"),
        widget=UnfoldAdminSelectMultipleWidget,
    )

    class Meta:
        model = Role
        fields = ("code", "name", "capabilities", "scopes")
        help_texts = {
            "scopes": bilingual(
                f"资源 {', '.join(RESOURCES)}；范围 {', '.join(Scope)}",
                f"resources {', '.join(RESOURCES)}; scopes {', '.join(Scope)}",
            )
        }


@admin.register(Role)
class RoleAdmin(CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    form = RoleForm
    list_display = ("code", "name", "is_staff")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        saved = people.put_role(
            actor=acting(request),
            code=obj.code,
            name=obj.name,
            capabilities=form.cleaned_data["capabilities"],
            scopes=obj.scopes,
            at=clock.now(),
        )
        obj.pk = saved.pk

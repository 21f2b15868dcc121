from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectMultipleWidget

from backend.core import clock
from backend.core.admin import CompanyAdmin, company_of
from backend.core.errors import DomainError
from backend.core.text import bilingual
from backend.directory.admin.acting import acting
from backend.directory.admin.handovers import HandsOver
from backend.directory.admin.imports import TakesFiles
from backend.directory.models import Department, Employee, Role
from backend.directory.services import departments, employees, people

admin.site.unregister(Group)  # Django's groups belong to no company and give no right here; ours are roles


@admin.register(Department)
class DepartmentAdmin(TakesFiles, CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    list_display = ("code", "name", "parent", "leader", "position", "dissolved_at")
    list_filter = (("dissolved_at", admin.EmptyFieldListFilter),)
    list_select_related = ("parent", "leader")
    search_fields = ("code", "name")
    fields = ("code", "name", "parent", "leader", "position")
    actions = ("dissolve",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Department, form: Any, change: bool) -> None:
        actor, at = acting(request), clock.now()
        saved: Department
        if change:
            changes: departments.DepartmentChanges = {
                "name": obj.name,
                "parent_id": obj.parent_id,
                "leader_id": obj.leader_id,
                "position": obj.position,
            }
            saved = departments.change_department(actor=actor, department_id=obj.pk, changes=changes, at=at)
        else:
            saved, _ = departments.create_department(
                actor=actor,
                code=obj.code,
                name=obj.name,
                parent_id=obj.parent_id,
                leader_id=obj.leader_id,
                position=obj.position,
                at=at,
            )
        obj.pk = saved.pk

    @admin.action(description=bilingual("撤销（须为空）", "Dissolve (only empty ones)"))
    def dissolve(self, request: HttpRequest, chosen: Any) -> None:
        for department in chosen:
            try:
                departments.dissolve_department(actor=acting(request), department_id=department.pk, at=clock.now())
            except DomainError as exc:
                self.message_user(request, f"{department}：{exc.text}", messages.ERROR)


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
class EmployeeAdmin(HandsOver, TakesFiles, CompanyAdmin):
    read_capability = write_capability = "directory.manage"
    form = EmployeeForm
    list_display = ("number", "name", "department", "manager", "phone", "is_active")
    list_filter = ("is_active", "department")
    list_select_related = ("department", "manager")
    search_fields = ("number", "name", "phone")
    fields = ("number", "name", "department", "manager", "assigned_roles", "phone", "email", "new_password")
    actions = ("dismiss", "rehire")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("number",) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        choice = form.base_fields["assigned_roles"]
        choice.queryset = Role.objects.filter(company_id=company_of(request))
        choice.initial = list(obj.roles.values_list("pk", flat=True)) if obj else []
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
    def dismiss(self, request: HttpRequest, chosen: Any) -> None:
        for employee in chosen:
            try:
                people.dismiss(actor=acting(request), employee_id=employee.pk, at=clock.now())
            except DomainError as exc:
                self.message_user(request, f"{employee}：{exc.text}", messages.ERROR)

    @admin.action(description=bilingual("重新入职", "Rehire"))
    def rehire(self, request: HttpRequest, chosen: Any) -> None:
        for employee in chosen:
            try:
                employees.rehire(actor=acting(request), employee_id=employee.pk, at=clock.now())
            except DomainError as exc:
                self.message_user(request, f"{employee}：{exc.text}", messages.ERROR)

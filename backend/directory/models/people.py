"""The company, its departments, roles and people."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from backend.core.actor import Actor
from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.directory.roles import CAPABILITIES, FIELDS, RESOURCES, SCOPES


class Company(models.Model):
    """The tenant (账套): every other row belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(bilingual("企业代码", "code"), max_length=32, unique=True)
    name = models.CharField(bilingual("名称", "name"), max_length=128)
    currency = models.CharField(bilingual("币种", "currency"), max_length=3, default="CNY")
    timezone = models.CharField(bilingual("时区", "time zone"), max_length=64, default="Asia/Shanghai")
    created_at = models.DateTimeField(auto_now_add=True)
    features_off = ArrayField(
        models.CharField(max_length=32),
        default=list,
        db_default=[],
        blank=True,
        verbose_name=bilingual("停用的功能", "features switched off"),
    )
    """Of `features.FEATURES`."""

    class Meta:
        verbose_name = bilingual("企业", "company")
        verbose_name_plural = bilingual("企业", "companies")

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    code = models.CharField(bilingual("编码", "code"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=bilingual("上级", "parent"),
    )
    leader = models.ForeignKey(
        "Employee",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("负责人", "leader"),
    )
    position = models.PositiveIntegerField(bilingual("排序", "order"), default=0, db_default=0)
    """Among its siblings; equal ones by code."""
    dissolved_at = models.DateTimeField(bilingual("撤销时间", "dissolved at"), null=True, blank=True, editable=False)
    """A dissolved department keeps its place, since old documents name it and its superiors go on seeing them."""
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        verbose_name = bilingual("部门", "department")
        verbose_name_plural = bilingual("部门", "departments")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="department_code_once")]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    code = models.CharField(bilingual("编码", "code"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    capabilities = ArrayField(models.CharField(max_length=32), default=list, verbose_name=bilingual("权限", "may"))
    scopes = models.JSONField(bilingual("数据权限", "data scopes"), default=dict)
    """{resource: Scope}; a resource not named is seen at scope `own`."""
    fields = ArrayField(
        models.CharField(max_length=32), default=list, db_default=[], verbose_name=bilingual("可见字段", "fields seen")
    )
    """Of `roles.FIELDS`; the others are hidden from who has no other role that shows them."""
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    is_staff = models.BooleanField(bilingual("可进入管理后台", "may enter the admin site"), default=False)

    EVENT_WORDS: ClassVar[dict[str, str]] = RESOURCES
    EVENT_VALUES: ClassVar[dict[str, dict[str, str]]] = {
        "capabilities": CAPABILITIES,
        "fields": FIELDS,
        **dict.fromkeys(RESOURCES, SCOPES),
    }
    """How the audit trail calls what stands in `scopes` and in the lists."""

    class Meta:
        verbose_name = bilingual("角色", "role")
        verbose_name_plural = bilingual("角色", "roles")
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="role_code_once")]

    def __str__(self) -> str:
        return self.name


class EmployeeManager(BaseUserManager["Employee"]):
    def get_by_natural_key(self, username: str | None) -> "Employee":
        return self.select_related("company").get(login=(username or "").strip().lower())


class Employee(AbstractBaseUser):
    """A person of one company; the user model of Django."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    number = models.CharField(bilingual("工号", "number"), max_length=32)
    login = models.CharField(bilingual("登录名", "login"), max_length=80, unique=True, editable=False)
    """`company code/number` in lower case: unique across companies, as Django's user model needs it."""
    name = models.CharField(bilingual("姓名", "name"), max_length=64)
    phone = models.CharField(bilingual("手机", "phone"), max_length=32, blank=True)
    email = models.EmailField(bilingual("邮箱", "e-mail"), blank=True)
    language = models.CharField(bilingual("语言", "language"), max_length=8, default="zh-hans")
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="employees", verbose_name=bilingual("部门", "department")
    )
    manager = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=bilingual("主管", "manager"),
    )
    roles: "models.ManyToManyField[Role, RoleAssignment]" = models.ManyToManyField(
        Role, through="RoleAssignment", related_name="+"
    )
    is_active = models.BooleanField(bilingual("在职", "active"), default=True)
    must_change_password = models.BooleanField(bilingual("须修改密码", "must change password"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    search_text = models.TextField(editable=False, default="", db_default="")
    """Name, pinyin, initials and number, normalised, one a line. Never the phone: not everybody may see it."""
    grams = ArrayField(models.TextField(), editable=False, default=list, db_default=[])
    """Characters and bigrams of `search_text`, for the index."""

    objects: ClassVar[EmployeeManager] = EmployeeManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    FIELD_CLASSES: ClassVar[Classes] = {"phone": ("colleague_contact",), "email": ("colleague_contact",)}

    class Meta:
        verbose_name = bilingual("员工", "employee")
        verbose_name_plural = bilingual("员工", "employees")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="employee_number_once"),
            models.CheckConstraint(condition=~Q(manager=models.F("id")), name="nobody_manages_himself"),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="employee_of_company"),
            GinIndex(fields=["grams"], name="employee_grams"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        return self.is_active and self.role_assignments.filter(role__is_staff=True).exists()

    def contact_for(self, actor: Actor) -> tuple[str | None, str | None]:
        """Phone and e-mail; None where the actor may not see those of his colleagues."""
        if self.pk == actor.employee_id or actor.sees("colleague_contact"):
            return self.phone, self.email
        return None, None

    def has_capability(self, capability: str) -> bool:
        return self.is_active and capability in self._granted[0]

    @cached_property
    def _granted(self) -> tuple[frozenset[str], frozenset[str]]:
        """Capabilities and classes of fields of all roles together, read once for each request to the admin site."""
        capabilities: set[str] = set()
        fields: set[str] = set()
        for held, seen in self.roles.values_list("capabilities", "fields"):
            capabilities.update(held)
            fields.update(seen)
        return frozenset(capabilities), frozenset(fields)

    def sees(self, field_class: str) -> bool:
        """As `Actor.sees`, where he does not act: in the admin site, and in what is pushed to him."""
        return field_class in self._granted[1]

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """For Django's own admin pages; ours ask for a capability."""
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class RoleAssignment(models.Model):
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="role_assignments")
    role = models.ForeignKey(Role, models.PROTECT, related_name="assignments")

    class Meta:
        verbose_name = bilingual("角色分配", "role assignment")
        verbose_name_plural = bilingual("角色分配", "role assignments")
        constraints = [models.UniqueConstraint(fields=["employee", "role"], name="role_assigned_once")]

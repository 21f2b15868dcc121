"""From which devices, places and hours people sign in, and every attempt to."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.directory.models.people import Company, Employee, Role
from backend.directory.models.sessions import Session


class Door(models.TextChoices):
    """A way to prove who one is."""

    PASSWORD = "password", bilingual("密码", "password")
    WECHAT = "wechat", bilingual("微信小程序", "WeChat mini-program")
    WECOM = "wecom", bilingual("企业微信网页", "WeCom page")
    WECOM_MINI_PROGRAM = "wecom_mini_program", bilingual("企业微信小程序", "WeCom mini-program")
    ADMIN = "admin", bilingual("管理后台", "admin site")
    REFRESH = "refresh", bilingual("续期", "refresh")


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, actor: Actor) -> Self:
        """Its owner, and whoever manages the directory."""
        rows = self.filter(company_id=actor.company_id)
        return rows if actor.may("directory.manage") else rows.filter(employee_id=actor.person_id)


class Device(models.Model):
    """A phone or browser from which one employee signs in; the app names it at installation."""

    class Status(models.TextChoices):
        WAITING = "waiting", bilingual("待批准", "waiting")
        TRUSTED = "trusted", bilingual("可信", "trusted")
        REVOKED = "revoked", bilingual("已撤销", "revoked")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    employee = models.ForeignKey(
        Employee, models.CASCADE, related_name="devices", verbose_name=bilingual("员工", "employee")
    )
    device_id = models.CharField(max_length=64)
    name = models.CharField(bilingual("名称", "name"), max_length=64, blank=True)
    app = models.CharField(bilingual("应用", "app"), max_length=32, blank=True)
    address = models.CharField(bilingual("地址", "address"), max_length=64, blank=True)
    status = models.CharField(bilingual("状态", "status"), max_length=16, choices=Status.choices)
    created_at = models.DateTimeField(bilingual("首次出现", "first seen"))
    last_signed_in_at = models.DateTimeField(bilingual("最近登录", "last sign-in"), null=True, blank=True)
    decided_by = models.ForeignKey(
        Employee,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("处理人", "decided by"),
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Device"]] = models.Manager.from_queryset(DeviceQuerySet)()

    class Meta:
        verbose_name = bilingual("登录设备", "device")
        verbose_name_plural = bilingual("登录设备", "devices")
        constraints = [models.UniqueConstraint(fields=["employee", "device_id"], name="device_of_employee_once")]

    def __str__(self) -> str:
        return self.name or self.app or str(self.pk)


class PendingSignIn(models.Model):
    """An identity was proved on a device that is not trusted yet; once it is, the ticket opens a session, once."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.CASCADE, related_name="pending")
    door = models.CharField(max_length=24, choices=Door.choices)
    ticket_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    session = models.ForeignKey(Session, models.SET_NULL, null=True, blank=True, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)


class LoginRestriction(models.Model):
    """From where, when and on what holders of a role may sign in. Who holds several roles must satisfy them all."""

    class Devices(models.TextChoices):
        ANY = "any", bilingual("任何设备", "any device")
        APPROVED = (
            "approved",
            bilingual(
                "新设备须经本人已有设备或管理员批准",
                "a new device needs approval from a trusted one or by an administrator",
            ),
        )
        REGISTERED = "registered", bilingual("仅管理员登记的设备", "only devices an administrator registered")

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    role = models.OneToOneField(
        Role, models.CASCADE, related_name="login_restriction", verbose_name=bilingual("角色", "role")
    )
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name=bilingual("允许的网段", "networks")
    )
    """CIDR; none means anywhere."""
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=bilingual("允许的星期", "weekdays")
    )
    """ISO: 1 is Monday; none means every day."""
    begins = models.TimeField(bilingual("开始", "from"), null=True, blank=True)
    ends = models.TimeField(bilingual("结束", "until"), null=True, blank=True)
    """In the company's time zone; an end before the beginning is on the next day."""
    devices = models.CharField(
        bilingual("设备", "devices"), max_length=16, choices=Devices.choices, default=Devices.ANY
    )

    class Meta:
        verbose_name = bilingual("登录限制", "login restriction")
        verbose_name_plural = bilingual("登录限制", "login restrictions")
        constraints = [
            models.CheckConstraint(
                condition=Q(begins=None, ends=None) | Q(begins__isnull=False, ends__isnull=False),
                name="restriction_hours_have_both_ends",
            )
        ]

    def __str__(self) -> str:
        return str(self.role)


class LoginRecord(models.Model):
    """One attempt to sign in. What was typed is never kept: somebody may have typed his password as his number."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", bilingual("成功", "succeeded")
        REFUSED = "refused", bilingual("拒绝", "refused")
        WAITING = "waiting", bilingual("待设备批准", "waiting for approval")

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    employee = models.ForeignKey(
        Employee,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=bilingual("员工", "employee"),
    )
    """None where the company has nobody by that number."""
    session = models.ForeignKey(Session, models.SET_NULL, null=True, blank=True, related_name="+")
    door = models.CharField(bilingual("登录方式", "door"), max_length=24, choices=Door.choices)
    outcome = models.CharField(bilingual("结果", "outcome"), max_length=16, choices=Outcome.choices)
    reason = models.CharField(bilingual("原因", "reason"), max_length=48, blank=True)
    """The stable code of the refusal."""
    address = models.CharField(bilingual("地址", "address"), max_length=64, blank=True)
    device_id = models.CharField(max_length=64, blank=True)
    device_name = models.CharField(bilingual("设备", "device"), max_length=64, blank=True)
    app = models.CharField(bilingual("应用", "app"), max_length=32, blank=True)
    at = models.DateTimeField(bilingual("时间", "at"))

    class Meta:
        verbose_name = bilingual("登录记录", "login record")
        verbose_name_plural = bilingual("登录记录", "login log")
        indexes = [
            models.Index(fields=["employee", "-at", "-id"], name="login_of_employee"),
            models.Index(fields=["company", "-at", "-id"], name="login_of_company"),
            models.Index(fields=["at"], name="login_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.door} #{self.pk}"

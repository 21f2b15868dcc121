"""Who somebody is to the outside, and what keeps a device signed in."""

from django.db import models

from backend.core import clock
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.directory.models.people import Company, Employee


class Identity(models.Model):
    """Who an employee is to an outside provider: (provider, corp or app id, their id for him)."""

    class Provider(models.TextChoices):
        WECOM = "wecom", bilingual("企业微信", "WeCom")
        WECHAT = "wechat", bilingual("微信", "WeChat")

    class How(models.TextChoices):
        DIRECTORY = "directory", bilingual("通讯录同步或管理员", "directory sync or an administrator")
        CONFIRMED = "confirmed", bilingual("登录后本人确认", "confirmed by the person signed in")
        PHONE = "phone", bilingual("已验证手机号", "verified phone number")

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=16, choices=Provider.choices)
    tenant = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    subject_key = models.CharField(max_length=128)
    """`key_of` the subject."""
    how = models.CharField(bilingual("绑定方式", "bound by"), max_length=16, choices=How.choices, default=How.DIRECTORY)
    bound_at = models.DateTimeField(bilingual("绑定时间", "bound at"), default=clock.now)

    class Meta:
        verbose_name = bilingual("外部身份", "identity")
        verbose_name_plural = bilingual("外部身份", "identities")
        constraints = [
            models.UniqueConstraint(fields=["provider", "tenant", "subject_key"], name="identity_once"),
            models.UniqueConstraint(fields=["employee", "provider", "tenant"], name="one_identity_per_tenant"),
        ]

    @classmethod
    def key_of(cls, provider: str, subject: str) -> str:
        """WeCom user ids are unique without regard to case; the openids of WeChat differ by it."""
        return subject.lower() if provider == cls.Provider.WECOM else subject


class Session(models.Model):
    """One device signed in as one employee, from sign-in to sign-out: the family of its refresh tokens."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="sessions")
    device_id = models.CharField(max_length=64)
    device_name = models.CharField(max_length=64, blank=True)
    app = models.CharField(max_length=32, blank=True)
    door = models.CharField(bilingual("登录方式", "door"), max_length=24, default="password")
    """One of `Door`: how the person proved who he is."""
    address = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name = bilingual("登录会话", "session")
        verbose_name_plural = bilingual("登录会话", "sessions")
        indexes = [models.Index(fields=["employee", "-last_seen_at"], name="session_of_employee")]


class RefreshToken(models.Model):
    """A single-use key to a session; only its hash is kept."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, related_name="refresh_tokens")
    hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class Revocation(models.Model):
    """Tells every process to forget what it verified for this employee, for this one session, or (without an employee)
    for everybody of the company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    employee = models.ForeignKey(Employee, models.CASCADE, null=True, blank=True, related_name="+")
    session = models.ForeignKey(Session, models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField(db_index=True)


class Throttle(models.Model):
    """Failures counted by key (an account, an address), so that guessing grows slow. Belongs to no company: a login
    with an unknown company counts too."""

    key = models.CharField(max_length=160, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True, blank=True)

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from backend.core import secrets
from backend.core.text import bilingual


class App(models.Model):
    """One registration at the platform through which a company speaks to its people, with its secrets.

    A company may have many, also of one kind, and of several corporations. Each secret opens only what its kind
    may do: that of an application sends messages, that of the contacts assistant reads the directory.
    """

    class Kind(models.TextChoices):
        WECOM_APP = "wecom_app", bilingual("企业微信自建应用", "WeCom application")
        WECOM_CONTACTS = "wecom_contacts", bilingual("企业微信通讯录同步", "WeCom contacts assistant")
        MINI_PROGRAM = "mini_program", bilingual("微信小程序", "WeChat mini-program")
        OFFICIAL_ACCOUNT = "official_account", bilingual("微信公众号", "WeChat official account")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    kind = models.CharField(bilingual("类型", "kind"), max_length=16, choices=Kind.choices)
    platform_id = models.CharField(bilingual("企业 ID 或 AppID", "corporation id or app id"), max_length=64)
    agent_id = models.PositiveIntegerField(bilingual("应用 ID (AgentId)", "agent id"), null=True, blank=True)
    """How messages and cards name the application; of a WeCom application only."""
    name = models.CharField(bilingual("名称", "name"), max_length=64, blank=True)
    secret_encrypted = models.TextField(editable=False)
    callback_token_encrypted = models.TextField(editable=False, blank=True)
    aes_key_encrypted = models.TextField(editable=False, blank=True)
    public_id = models.UUIDField(
        bilingual("回调标识", "callback id"), unique=True, editable=False, default=uuid.uuid4, db_default=RandomUUID()
    )
    """Names the app in the address of its callbacks, where its number would invite counting."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = bilingual("平台应用", "platform application")
        verbose_name_plural = bilingual("平台应用", "platform applications")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "kind", "platform_id", "agent_id"], nulls_distinct=False, name="platform_app_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="wecom_app", agent_id__isnull=False) | (~Q(kind="wecom_app") & Q(agent_id=None)),
                name="agent_id_of_wecom_apps_only",
            ),
        ]

    def __str__(self) -> str:
        return self.name or "/".join(str(part) for part in (self.platform_id, self.agent_id) if part is not None)

    @property
    def is_wecom(self) -> bool:
        return self.kind in (self.Kind.WECOM_APP, self.Kind.WECOM_CONTACTS)

    @property
    def secret(self) -> str:
        """Raises `secrets.Unreadable` when its key is no longer configured."""
        return secrets.decrypted(self.secret_encrypted)

    @secret.setter
    def secret(self, value: str) -> None:
        self.secret_encrypted = secrets.encrypted(value)

    @property
    def callback_token(self) -> str:
        """Empty where the app takes no callbacks; raises as `secret` does, and so does `aes_key`."""
        return secrets.decrypted(self.callback_token_encrypted) if self.callback_token_encrypted else ""

    @callback_token.setter
    def callback_token(self, value: str) -> None:
        self.callback_token_encrypted = secrets.encrypted(value) if value else ""

    @property
    def aes_key(self) -> str:
        return secrets.decrypted(self.aes_key_encrypted) if self.aes_key_encrypted else ""

    @aes_key.setter
    def aes_key(self, value: str) -> None:
        self.aes_key_encrypted = secrets.encrypted(value) if value else ""


class PlatformToken(models.Model):
    """What an app holds of the platform for two hours, shared by all processes; or its refusal, so that nobody insists.

    After repeated wrong secrets WeCom bans the caller's address for an hour (document path 90313, code 45009).
    """

    class Purpose(models.TextChoices):
        ACCESS = "access", bilingual("访问凭证", "access token")
        JSAPI_TICKET = "jsapi_ticket", bilingual("网页票据", "ticket of web pages")
        AGENT_TICKET = "agent_ticket", bilingual("应用票据", "ticket of the application")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    app = models.ForeignKey(App, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    token_encrypted = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    """When to stop using the token: some minutes before the platform does."""
    refused_until = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = bilingual("访问凭证", "access token")
        verbose_name_plural = bilingual("访问凭证", "access tokens")
        constraints = [models.UniqueConstraint(fields=["app", "purpose"], name="platform_token_once")]

    def __str__(self) -> str:
        return f"#{self.app_id} {self.purpose}"

    @property
    def token(self) -> str:
        return secrets.decrypted(self.token_encrypted) if self.token_encrypted else ""


class LoginCode(models.Model):
    """A code that a device brought, claimed before the platform is asked for whom it stands: asked once, whatever
    comes of it, and the same answer to the same device for a minute."""

    class Status(models.TextChoices):
        ASKING = "asking", bilingual("核实中", "being asked")
        KNOWN = "known", bilingual("已核实", "known")
        FAILED = "failed", bilingual("失败", "failed")

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    app = models.ForeignKey(App, models.CASCADE, related_name="+")
    code_hash = models.BinaryField(max_length=32, unique=True)
    state_hash = models.BinaryField(max_length=32, unique=True, null=True)
    """Of the OAuth state that came with the code: good once too."""
    device_id = models.CharField(max_length=64)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ASKING)
    failure = models.CharField(max_length=32, blank=True)
    """The stable code of the error that the device was answered."""
    subject = models.CharField(max_length=128, blank=True)
    session = models.ForeignKey("directory.Session", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = bilingual("登录凭证", "login code")
        verbose_name_plural = bilingual("登录凭证", "login codes")

    def __str__(self) -> str:
        return f"#{self.pk}"


# By their rooms, found here by Django; they name `App` by its label, so that nothing goes round.
from backend.wechat.callbacks.models import Callback  # noqa: E402
from backend.wechat.directory.models import (  # noqa: E402
    DepartmentLink,
    DirectoryConflict,
    MemberLink,
    SyncRun,
    WecomDirectory,
)

__all__ = [
    "App",
    "Callback",
    "DepartmentLink",
    "DirectoryConflict",
    "LoginCode",
    "MemberLink",
    "PlatformToken",
    "SyncRun",
    "WecomDirectory",
]

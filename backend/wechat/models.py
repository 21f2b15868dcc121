from django.db import models

from backend.core import secrets
from backend.core.text import bilingual


class WecomApp(models.Model):
    """A self-built application (自建应用) of a WeCom corporation, through which Waiqin speaks to its members."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    corp_id = models.CharField(bilingual("企业 ID", "corporation id"), max_length=64)
    agent_id = models.PositiveIntegerField(bilingual("应用 ID (AgentId)", "agent id"))
    name = models.CharField(bilingual("名称", "name"), max_length=64, blank=True)
    secret_encrypted = models.TextField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = bilingual("企业微信应用", "WeCom application")
        verbose_name_plural = bilingual("企业微信应用", "WeCom applications")
        constraints = [models.UniqueConstraint(fields=["company", "agent_id"], name="wecom_app_once")]

    def __str__(self) -> str:
        return self.name or f"{self.corp_id}/{self.agent_id}"

    @property
    def secret(self) -> str:
        """Raises `secrets.Unreadable` when its key is no longer configured."""
        return secrets.decrypted(self.secret_encrypted)

    @secret.setter
    def secret(self, value: str) -> None:
        self.secret_encrypted = secrets.encrypted(value)


class PlatformToken(models.Model):
    """The access token of an app, shared by all processes; or its refusal, so that nobody insists.

    After repeated wrong secrets WeCom bans the caller's address for an hour (document path 90313, code 45009).
    """

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    app = models.OneToOneField(WecomApp, models.CASCADE, related_name="+")
    token_encrypted = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    """When to stop using the token: some minutes before the platform does."""
    refused_until = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = bilingual("访问凭证", "access token")
        verbose_name_plural = bilingual("访问凭证", "access tokens")

    def __str__(self) -> str:
        return f"#{self.app_id}"

    @property
    def token(self) -> str:
        return secrets.decrypted(self.token_encrypted) if self.token_encrypted else ""

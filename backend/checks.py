"""System checks: what a wrong or missing setting breaks, and how to mend it."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from backend.core.text import in_both
from backend.directory import keys
from backend.environment import DEVELOPMENT_SECRET
from backend.settings import env

MIN_KEY_BYTES = 32
BROKERS = {"filesystem", "redis", "rediss", "amqp", "amqps", "pyamqp"}
"""Those that settings.py sets up so that no message is lost."""


@register(Tags.security)
def secrets_are_secret(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.PRODUCTION and DEVELOPMENT_SECRET in settings.SECRET_KEY:
        found.append(
            Error(
                in_both("生产环境使用了默认密钥", "production runs on the development secret"),
                hint="SECRET_KEY=$(openssl rand -hex 32)",
                id="waiqin.E001",
            )
        )
    if len(settings.SECRET_KEY.encode()) < MIN_KEY_BYTES:
        found.append(
            Error(
                in_both("密钥短于 32 字节", "a key is shorter than 32 bytes"),
                hint="SECRET_KEY=$(openssl rand -hex 32)",
                id="waiqin.E002",
            )
        )
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN.encode()) < MIN_KEY_BYTES:
        found.append(
            Error(
                in_both("METRICS_TOKEN 短于 32 字节", "METRICS_TOKEN is shorter than 32 bytes"),
                hint="METRICS_TOKEN=$(openssl rand -hex 32)",
                id="waiqin.E022",
            )
        )
    return found


@register(Tags.security)
def tokens_can_be_signed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        keys.parse(settings.JWT_KEYS, settings.JWT_ALGORITHM)
    except keys.BadKey as exc:
        return [
            Error(
                in_both(f"登录凭证的密钥不可用：{exc}", f"access tokens cannot be signed: {exc}"),
                hint=f"JWT_ALGORITHM={'|'.join(keys.ALGORITHMS)}; JWT_KEYS=$(openssl rand -hex 32)",
                id="waiqin.E012",
            )
        ]
    return []


@register(Tags.security)
def production_is_not_a_desk(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(
            Error(in_both("生产环境开启了 DEBUG", "DEBUG is on in production"), hint="DEBUG=0", id="waiqin.E003")
        )
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        found.append(
            Error(
                in_both("生产环境没有消息代理", "production has no message broker"),
                hint="BROKER_URL=amqp://… | redis://…",
                id="waiqin.E004",
            )
        )
    if not env.database_url:
        found.append(
            Error(
                in_both("生产环境没有数据库", "production has no database of its own"),
                hint="DATABASE_URL=postgresql://user:password@host/name",
                id="waiqin.E005",
            )
        )
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                in_both("没有限定域名", "any host name is accepted"),
                hint="ALLOWED_HOSTS=waiqin.example.com",
                id="waiqin.E006",
            )
        )
    if settings.STORAGE == "local":
        found.append(
            Warning(
                in_both(
                    "附件存于本机磁盘，多台服务器时互不可见",
                    "files lie on this machine's disk, unseen by other servers",
                ),
                hint="STORAGE=s3 S3_BUCKET=…",
                id="waiqin.W001",
            )
        )
    return found


@register(Tags.security)
def origins_are_origins(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    scheme = "https" if settings.PRODUCTION else "https?"
    wrong = [origin for origin in settings.CORS_ORIGINS if not re.fullmatch(rf"{scheme}://[a-z0-9.-]+(:\d+)?", origin)]
    if wrong:
        return [
            Error(
                in_both(f"CORS_ORIGINS 不是站点：{wrong}", f"CORS_ORIGINS holds what is no origin: {wrong}"),
                hint="CORS_ORIGINS=https://h5.example.com",
                id="waiqin.E020",
            )
        ]
    return []


OFFICIAL = {
    "WECOM_API_BASE": ("https://qyapi.weixin.qq.com",),
    "WECHAT_API_BASE": ("https://api.weixin.qq.com", "https://api2.weixin.qq.com"),
    "WECHAT_OAUTH_BASE": ("https://open.weixin.qq.com",),
}
"""The platform's own addresses; the second of WeChat is its reserve."""


@register(Tags.security)
def the_platform_is_the_real_one_only_in_production(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Secrets go to nobody but the platform; and no desk or test sends its messages to people."""
    found: list[CheckMessage] = []
    for name, addresses in OFFICIAL.items():
        address = getattr(settings, name)
        if settings.PRODUCTION and address not in addresses:
            text = in_both(f"{name} 不是平台官方的 https 地址", f"{name} is not the platform's own https address")
            found.append(Error(text, hint=f"{name}={addresses[0]}", id="waiqin.E007"))
        host = (urlsplit(address).hostname or "").rstrip(".")
        if not settings.PRODUCTION and (host == "weixin.qq.com" or host.endswith(".weixin.qq.com")):
            text = in_both(f"开发环境的 {name} 指向真实平台", f"{name} points at the real platform in development")
            found.append(Error(text, hint=f"{name}=http://127.0.0.1:8090", id="waiqin.E021"))
    return found


@register
def the_broker_is_one_we_know(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    scheme = settings.CELERY_BROKER_URL.partition("://")[0]
    if scheme in BROKERS:
        return []
    return [
        Error(
            in_both(f"不支持的消息代理 {scheme}", f"{scheme} is no broker that is supported"),
            hint="BROKER_URL=amqp://… | redis://…",
            id="waiqin.E013",
        )
    ]


@register
def storage_is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    missing = [name for name in ("bucket", "access_key", "secret_key") if not settings.S3[name]]
    if settings.STORAGE == "s3" and missing:
        names = ", ".join(f"S3_{name.upper()}" for name in missing)
        return [Error(in_both(f"对象存储缺少 {names}", f"S3 storage lacks {names}"), hint=names, id="waiqin.E008")]
    return []


def refuse_to_start() -> None:
    """For servers and workers, which do not run Django's checks by themselves. Raises ImproperlyConfigured."""
    errors = [message for message in run_checks() if message.level >= 40]
    if errors:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))

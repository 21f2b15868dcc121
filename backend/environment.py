"""The environment variables, typed: what may be set, between which bounds, and what holds without it.

docs/operations.md says what each means; backend/settings.py what becomes of it.
"""

from pathlib import Path
from typing import Literal

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from backend.core.text import in_both

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_SECRET = "development-only-secret-never-for-production"  # noqa: S105


class Environment(BaseSettings):
    """Lists are comma-separated. An unset variable means development."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")

    environment: Literal["development", "production"] = "development"
    debug: bool = False
    secret_key: str = DEVELOPMENT_SECRET
    allowed_hosts: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    cors_origins: str = ""
    person_rate: float = Field(default=20, gt=0)
    address_rate: float = Field(default=200, gt=0)
    public_url: str = "http://127.0.0.1:8000"
    run_dir: Path = ROOT / ".run"

    database_url: str = ""
    database_statement_timeout_ms: int = Field(default=15_000, ge=0)
    database_transaction_timeout_ms: int = Field(default=60_000, ge=0)
    broker_url: str = ""
    redis_url: str = ""
    owed_lease_s: float = Field(default=90, gt=0)
    owed_enqueued_for_s: float = Field(default=30, gt=0)

    oauth_redirect_uris: str = ""
    jwt_algorithm: str = "HS256"
    jwt_keys: str = ""
    field_encryption_keys: str = ""
    metrics_token: str = ""
    revocation_check_s: float = Field(default=1.0, ge=0, le=2)

    wecom_api_base: str = "http://127.0.0.1:8090"
    wechat_api_base: str = "http://127.0.0.1:8090"
    wechat_oauth_base: str = "http://127.0.0.1:8090"
    platform_calls_at_once: int = Field(default=3, ge=1)

    storage: Literal["local", "s3"] = "local"
    media_dir: Path | None = None
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: str = ""


def read() -> Environment:
    """What is wrong is told by name and never by value, which may be a secret."""
    try:
        return Environment()
    except ValidationError as exc:
        wrong = "; ".join(f"{str(error['loc'][0]).upper()}: {error['msg']}" for error in exc.errors())
        raise ImproperlyConfigured(in_both(f"环境变量有误：{wrong}", f"in the environment: {wrong}")) from None


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]

"""Every setting, from the environment (backend/environment.py; docs/operations.md lists the variables).

Development needs none of them: without DATABASE_URL an embedded PostgreSQL is started, without BROKER_URL Celery talks
through files. Production is told by ENVIRONMENT=production and refuses to start on anything that is only fit for a
desk (backend/checks.py).
"""

import hashlib
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from backend.core.text import bilingual, in_both
from backend.environment import ROOT as ROOT
from backend.environment import listed, read


def _derived(purpose: str) -> str:
    """A key of its own for each purpose, from the one secret."""
    return hashlib.sha256(f"{purpose}:{SECRET_KEY}".encode()).hexdigest()


env = read()
PRODUCTION = env.environment == "production"
DEBUG = env.debug
SECRET_KEY = env.secret_key
ALLOWED_HOSTS = listed(env.allowed_hosts) or ([] if PRODUCTION else ["127.0.0.1", "localhost", "testserver"])
TRUSTED_PROXIES = env.trusted_proxies
PUBLIC_URL = env.public_url.rstrip("/")
RUN_DIR = env.run_dir

# --- What runs ---
INSTALLED_APPS = [
    "backend.core",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "backend.events",
    "backend.directory",
    "backend.documents",
    "backend.files",
    "backend.exports",
    "backend.customers",
    "backend.catalog",
    "backend.approvals",
    "backend.visits",
    "backend.inventory",
    "backend.expenses",
    "backend.orders",
    "backend.erp",
    "backend.wechat",
    "notifications",
    "mobile_api",
    *([] if PRODUCTION else ["infra.demo"]),
]
MIDDLEWARE = [
    "mobile_api.observability.observe",
    "mobile_api.headers.protect",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mobile_api.protocol.enforce",
    "django.middleware.common.CommonMiddleware",
    "backend.admin_middleware.AdminSession",
    "backend.admin_middleware.AdminLocale",
    "backend.admin_middleware.AdminCsrf",
    "backend.admin_middleware.AdminAuthentication",
    "backend.admin_middleware.AdminMessages",
]
ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


# --- Database (docs/adr/0001) ---
def _database() -> tuple[dict[str, Any], dict[str, Any]]:
    """Django's names for where it is; and what else the URL tells the driver, such as `sslmode`."""
    if env.database_url:
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        try:
            given = conninfo_to_dict(env.database_url)
        except ProgrammingError:  # it would repeat the URL, password and all
            right = "DATABASE_URL=postgresql://user:password@host:5432/name?sslmode=verify-full"
            raise ImproperlyConfigured(in_both(f"无法解析，应形如 {right}", f"cannot be read; write {right}")) from None
        return {names[key]: given.pop(key) for key in [*given] if key in names}, given
    if PRODUCTION:
        return {"NAME": ""}, {}  # and backend/checks.py refuses
    from backend.embedded import postgres

    server = postgres.ensure(RUN_DIR / "postgres")
    postgres.create_database(server, "waiqin")
    return server.database_options("waiqin"), {}


def _session_options() -> str:
    options = {
        # Our lists join up to five tables: planning costs PostgreSQL more than executing, so a plan is made once.
        "plan_cache_mode": "force_generic_plan",
        "statement_timeout": env.database_statement_timeout_ms,
        "idle_in_transaction_session_timeout": 30_000,
    }
    if env.database_transaction_timeout_ms:
        options["transaction_timeout"] = env.database_transaction_timeout_ms  # PostgreSQL 17+; 0 leaves it out
    given = _driver.pop("options", "")  # of the URL; the last word on a name counts
    return " ".join([*(f"-c {name}={value}" for name, value in options.items()), given]).strip()


_place, _driver = _database()

DATABASES = {
    "default": {
        "ENGINE": "backend.core.database",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5, "options": _session_options(), **_driver},
        **_place,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ---
AUTH_USER_MODEL = "directory.Employee"
LOGIN_REDIRECT_URL = "/admin/"
AUTHENTICATION_BACKENDS = ["backend.directory.admin_site.AdminDoor"]  # the phones' doors are the API's
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
JWT_ALGORITHM = env.jwt_algorithm
JWT_KEYS = listed(env.jwt_keys) or [_derived("jwt")]
"""The first signs, all verify (backend/directory/keys.py)."""
JWT_ISSUER = "waiqin"
JWT_AUDIENCE = "waiqin-mobile"
METRICS_TOKEN = env.metrics_token
FIELD_ENCRYPTION_KEYS = listed(env.field_encryption_keys) or [_derived("fields")]
REVOCATION_CHECK_S = env.revocation_check_s

# --- Celery carries, rows remember (docs/adr/0006) ---
OWED_LEASE_S = env.owed_lease_s
"""How long a row belongs to the worker that claimed it; a killed worker's row is claimed anew after this."""
OWED_ENQUEUED_FOR_S = env.owed_enqueued_for_s
"""A row handed to the broker and not claimed by then was lost with the broker and is handed out again."""
CELERY_BROKER_URL = env.broker_url or "filesystem://localhost"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_SOFT_TIME_LIMIT = OWED_LEASE_S * 5 / 9  # a task ends before its lease does
CELERY_TASK_TIME_LIMIT = OWED_LEASE_S * 6 / 9
CELERY_TASK_ROUTES = {
    name: {"queue": "long"} for name in ("customers.import_file", "exports.make", "wechat.sync_directory")
}
"""What takes minutes has a queue and a worker of its own, so that a push never waits for it."""
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Celery's 100 would end every worker in an outage of an hour
_BY_THE_HOUR = (
    "directory.forget_old",
    "documents.forget_old",
    "events.forget_old",
    "erp.forget_old",
    "exports.forget_old",
    "visits.extend_series",
    "visits.nights",
    "wechat.nights",
)
CELERY_BEAT_SCHEDULE = {name: {"task": name, "schedule": 3600.0} for name in _BY_THE_HOUR}
CELERY_BEAT_SCHEDULE["visits.remind"] = {"task": "visits.remind", "schedule": 300.0}
"""Each task finds out by itself what is due, so that an hour more or less, or twice, does not matter."""
CELERY_BEAT_SCHEDULE_FILENAME = str(RUN_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE["customers.tidy"] = {"task": "customers.tidy", "schedule": 3600.0}
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
match CELERY_BROKER_URL.partition("://")[0]:
    case "filesystem":
        folder = str(RUN_DIR / "broker" / "messages")
        CELERY_BROKER_TRANSPORT_OPTIONS = {
            "data_folder_in": folder,
            "data_folder_out": folder,
            "control_folder": str(RUN_DIR / "broker" / "control"),
        }
    case "redis" | "rediss":
        CELERY_BROKER_TRANSPORT_OPTIONS = {
            "visibility_timeout": 300,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 20,
            "socket_keepalive": True,
            "health_check_interval": 30,
            "global_keyprefix": "waiqin:",
        }
    case "amqp" | "amqps" | "pyamqp":
        CELERY_TASK_DEFAULT_QUEUE_TYPE = CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = "quorum"
        CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"
        CELERY_WORKER_DETECT_QUORUM_QUEUES = True
        CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}

# --- Outside systems ---
REDIS_URL = env.redis_url or (env.broker_url if env.broker_url.startswith(("redis://", "rediss://")) else "")
"""Keeps the locks of tokens, where there is one; otherwise PostgreSQL does."""
WECOM_API_BASE = env.wecom_api_base.rstrip("/")
WECHAT_API_BASE = env.wechat_api_base.rstrip("/")
WECHAT_OAUTH_BASE = env.wechat_oauth_base.rstrip("/")
"""Of the page a person's browser is sent to; the other two are called by us."""
PLATFORM_CALLS_AT_ONCE = env.platform_calls_at_once
"""So many threads of a web process wait for one platform: fewer than it has, or silence there stops everything here."""
OAUTH_REDIRECT_URIS = listed(env.oauth_redirect_uris) or [f"{PUBLIC_URL}/"]
"""Where WeCom's web page login may return to, each to the letter."""
STORAGE = env.storage
MEDIA_ROOT = env.media_dir or RUN_DIR / "media"
S3 = {
    "bucket": env.s3_bucket,
    "endpoint": env.s3_endpoint,
    "region": env.s3_region,
    "access_key": env.s3_access_key,
    "secret_key": env.s3_secret_key,
}

# --- Language, time, static files ---
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
STATIC_URL = "/static/"
STATIC_ROOT = RUN_DIR / "static"
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # stays empty: the finders serve; whitenoise wants the folder
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
UNFOLD = {"SITE_TITLE": bilingual("外勤管理后台", "Waiqin admin"), "SITE_HEADER": bilingual("外勤", "Waiqin")}

# --- Security ---
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CORS_ORIGINS = frozenset(listed(env.cors_origins))
PERSON_RATE, ADDRESS_RATE = env.person_rate, env.address_rate
"""Requests a second, for each worker process. Behind one address may sit a whole company or a mobile network."""
BURST_S = 15
"""How many seconds' worth may be spent at once: a phone that comes back from a dead zone sends all it has."""
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "mobile_api.pages.forged_form"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_SSL_REDIRECT = False  # the proxy redirects; a redirect here would break health checks behind it
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # mobile_api.headers sets X-Frame-Options, and CSP's frame-ancestors beside it
    "security.W003",  # backend.admin_middleware checks CSRF where there are cookies
    "security.W008",  # see SECURE_SSL_REDIRECT
]
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Logs: one JSON object a line ---
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "backend.core.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "celery": {"level": "INFO"}},
}

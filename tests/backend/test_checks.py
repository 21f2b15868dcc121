"""Production refuses to start on what is only fit for a desk, and starts on what is not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

ROOT = Path(__file__).resolve().parents[2]
FIT = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "waiqin.example.com",
    "DATABASE_URL": "postgresql://waiqin@127.0.0.1:1/waiqin",
    "BROKER_URL": "amqp://127.0.0.1:1",
    "WECOM_API_BASE": "https://qyapi.weixin.qq.com",
    "WECHAT_API_BASE": "https://api.weixin.qq.com",
    "WECHAT_OAUTH_BASE": "https://open.weixin.qq.com",
}


WEB = [sys.executable, "-c", "import backend.wsgi"]
CELERY = [str(Path(sys.executable).with_name("celery")), "-A", "backend"]


def start(tmp_path: Path, *, program: list[str] = WEB, **environment: str) -> subprocess.CompletedProcess[str]:
    """The web application as a server loads it, or another program."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        program,
        cwd=ROOT,
        env=kept | {"ENVIRONMENT": "production", "RUN_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_on_fit_settings(tmp_path):
    started = start(tmp_path, **FIT)
    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("unfit", "codes"),
    [
        ({"SECRET_KEY": "", "DEBUG": "1"}, {"E001", "E003"}),
        ({"SECRET_KEY": "short"}, {"E002"}),
        ({"JWT_KEYS": "short"}, {"E012"}),
        ({"METRICS_TOKEN": "short"}, {"E022"}),
        ({"JWT_ALGORITHM": "none"}, {"E012"}),
        ({"JWT_ALGORITHM": "EdDSA", "JWT_KEYS": f"public:{'ab' * 32}"}, {"E012"}),
        ({"BROKER_URL": "", "ALLOWED_HOSTS": "*", "WECOM_API_BASE": ""}, {"E004", "E006", "E007"}),
        ({"BROKER_URL": "kafka://127.0.0.1:1"}, {"E013"}),
        ({"WECHAT_API_BASE": "http://api.weixin.qq.com"}, {"E007"}),
        ({"WECHAT_OAUTH_BASE": "https://open.weixin.qq.com.example.com"}, {"E007"}),
        ({"STORAGE": "s3"}, {"E008"}),
        ({"DATABASE_URL": ""}, {"E005"}),
    ],
)
def test_production_refuses_what_is_only_fit_for_a_desk(tmp_path, unfit, codes):
    refused = start(tmp_path, **(FIT | unfit))
    assert refused.returncode == 1
    assert set(re.findall(r"waiqin\.(E\d+)", refused.stderr)) == codes


@pytest.mark.parametrize("name", ["WECOM_API_BASE", "WECHAT_API_BASE", "WECHAT_OAUTH_BASE"])
def test_development_does_not_speak_to_the_real_platform(settings, name):
    assert run_checks(tags=["security"]) == []
    setattr(settings, name, FIT[name])
    assert [message.id for message in run_checks(tags=["security"])] == ["waiqin.E021"]


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_workers_refuse_too(tmp_path, program):
    refused = start(tmp_path, program=[*CELERY, program], **(FIT | {"SECRET_KEY": "short"}))
    assert refused.returncode != 0
    assert "waiqin.E002" in refused.stderr


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"TRUSTED_PROXIES": "s3cret-value"}, "TRUSTED_PROXIES: Input should be a valid integer"),
        ({"ENVIRONMENT": "s3cret-value"}, "ENVIRONMENT: Input should be 'development' or 'production'"),
        ({"DATABASE_URL": "mysql://waiqin:s3cret-value@db/waiqin"}, "DATABASE_URL=postgresql://"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_repeated(tmp_path, wrong, said):
    refused = start(tmp_path, **(FIT | wrong))
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "s3cret-value" not in refused.stderr


def test_the_whole_database_url_counts(tmp_path):
    """A server that asks for TLS, or a search path, is not silently talked to without."""
    tell = "import json; from backend.settings import DATABASES; print(json.dumps(DATABASES['default']))"
    url = "postgresql://waiqin:pw@db:6432/waiqin?sslmode=verify-full&options=-c%20search_path%3Dx"
    started = start(tmp_path, program=[sys.executable, "-c", tell], **(FIT | {"DATABASE_URL": url}))
    database = json.loads(started.stdout)
    assert {name: database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "waiqin",
        "USER": "waiqin",
        "PASSWORD": "pw",
        "HOST": "db",
        "PORT": "6432",
    }
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert database["OPTIONS"]["options"].endswith("-c search_path=x")
    assert "statement_timeout" in database["OPTIONS"]["options"]

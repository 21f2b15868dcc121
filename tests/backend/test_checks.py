"""Production refuses to start on what is only fit for a desk, and starts on what is not."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIT = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "waiqin.example.com",
    "DATABASE_URL": "postgresql://waiqin@127.0.0.1:1/waiqin",
    "BROKER_URL": "amqp://127.0.0.1:1",
    "WECOM_API_BASE": "https://qyapi.weixin.qq.com",
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
        ({"JWT_ALGORITHM": "none"}, {"E012"}),
        ({"JWT_ALGORITHM": "EdDSA", "JWT_KEYS": f"public:{'ab' * 32}"}, {"E012"}),
        ({"BROKER_URL": "", "ALLOWED_HOSTS": "*", "WECOM_API_BASE": ""}, {"E004", "E006", "E007"}),
        ({"STORAGE": "s3"}, {"E008"}),
        ({"DATABASE_URL": ""}, {"E005"}),
    ],
)
def test_production_refuses_what_is_only_fit_for_a_desk(tmp_path, unfit, codes):
    refused = start(tmp_path, **(FIT | unfit))
    assert refused.returncode == 1
    assert set(re.findall(r"waiqin\.(E\d+)", refused.stderr)) == codes


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_workers_refuse_too(tmp_path, program):
    refused = start(tmp_path, program=[*CELERY, program], **(FIT | {"SECRET_KEY": "short"}))
    assert refused.returncode != 0
    assert "waiqin.E002" in refused.stderr

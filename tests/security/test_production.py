"""`check --deploy` has nothing to say about production, and what it was told to leave out is held by tests of ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.backend.test_checks import FIT, start

MANAGE = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
WHOLE = FIT | {"STORAGE": "s3", "S3_BUCKET": "waiqin", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
LEFT_OUT = {"security.W002", "security.W003", "security.W008"}
"""Frames, CSRF: test_headers.py and test_admin_site.py. The redirect to TLS is the proxy's."""


def checked(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return start(tmp_path, program=MANAGE, **(WHOLE | environment))


def test_production_is_clean(tmp_path):
    done = checked(tmp_path, CORS_ORIGINS="https://h5.example.com")
    assert done.returncode == 0, done.stderr
    assert "3 silenced" in done.stdout


def test_nothing_else_is_silenced():
    from django.conf import settings

    assert set(settings.SILENCED_SYSTEM_CHECKS) == LEFT_OUT


@pytest.mark.parametrize("origins", ["*", "http://h5.example.com", "https://h5.example.com/", "https://*.example.com"])
def test_what_is_no_origin_is_refused(tmp_path, origins):
    done = checked(tmp_path, CORS_ORIGINS=origins)
    assert done.returncode == 1
    assert "waiqin.E020" in done.stderr


def test_production_settings(tmp_path):
    names = [
        *("DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"),
        *("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "PASSWORD_HASHERS", "ALLOWED_HOSTS", "CORS_ORIGINS"),
        *("SECURE_PROXY_SSL_HEADER",),
    ]
    told = f"from backend import settings; print({{n: getattr(settings, n, None) for n in {names}}})"
    done = start(tmp_path, program=[sys.executable, "-c", told], **WHOLE)
    assert done.returncode == 0, done.stderr
    assert eval(done.stdout) == {
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "ALLOWED_HOSTS": ["waiqin.example.com"],
        "CORS_ORIGINS": frozenset(),
        "SECURE_PROXY_SSL_HEADER": None,  # nobody in front: a client may not claim TLS
    }

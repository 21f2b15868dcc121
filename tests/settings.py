"""The project's settings on a throw-away database server without fsync; a database of its own for each run."""

import os
from pathlib import Path

os.environ.setdefault("TEST_RUN", str(os.getpid()))  # inherited by the xdist workers
os.environ.setdefault("REVOCATION_CHECK_S", "0")
os.environ.setdefault("PERSON_RATE", "1000000")  # tests/security sets the limits it tries
os.environ.setdefault("ADDRESS_RATE", "1000000")
_timeout = os.environ.get("DATABASE_TRANSACTION_TIMEOUT_MS")
os.environ["DATABASE_TRANSACTION_TIMEOUT_MS"] = "0"  # a whole test is one transaction

from backend.embedded import postgres  # noqa: E402

RUN_DIR = Path(__file__).resolve().parent.parent / ".run"
_given = "DATABASE_URL" in os.environ
if not _given:
    _server = postgres.ensure(RUN_DIR / "postgres-test", fast=True)
    os.environ["DATABASE_URL"] = f"host={_server.host} port={_server.port} user={_server.user} dbname=postgres"

from backend.settings import *  # noqa: E402, F403
from backend.settings import DATABASES  # noqa: E402

# Processes that a test starts have the product's own limits, and choose their database.
if not _given:
    del os.environ["DATABASE_URL"]
if _timeout is None:
    del os.environ["DATABASE_TRANSACTION_TIMEOUT_MS"]
DATABASES["default"]["TEST"] = {"NAME": f"test_waiqin_{os.environ['TEST_RUN']}"}
MEDIA_ROOT = RUN_DIR / "test-media" / os.environ["TEST_RUN"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow on purpose; one test uses it
WHITENOISE_AUTOREFRESH = True  # else each test client looks through every static file, which costs more than most tests

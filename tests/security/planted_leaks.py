"""Not collected by itself: test_log_leaks.py runs it to see that the guard of tests/support/leaks.py bites."""

import logging
import sys
from uuid import uuid4

from backend.core import clock, secrets
from backend.directory import tokens

logger = logging.getLogger("waiqin.planted")


def test_innocent():
    logger.warning("nothing to hide: %s", tokens.new_refresh_token()[:5])


def test_a_refresh_token_is_logged():
    logger.warning("refreshed with %s", tokens.new_refresh_token())


def test_an_access_token_is_printed():
    ids = dict.fromkeys(("employee_id", "company_id", "session_id"), uuid4())
    print("got", tokens.sign_access(**ids, at=clock.now()), file=sys.stderr)


def test_an_encrypted_secret_is_logged():
    secrets.encrypted("corp-s3cret-of-ours")
    logger.error("the platform refused corp-s3cret-of-ours")


def test_a_process_of_its_own_prints_a_number():
    import subprocess

    subprocess.run([sys.executable, "-c", "import sys; print('called 13812345678', file=sys.stderr)"], check=True)

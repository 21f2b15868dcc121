"""The guard over the log lines of this very run (tests/support/leaks.py) sees what it must see, and fails the run."""

import os
import subprocess
import sys

import pytest

from tests.support.leaks import Guard
from tests.support.processes import ROOT

PLANTED = "tests/security/planted_leaks.py"


@pytest.fixture(scope="module")
def run() -> subprocess.CompletedProcess[str]:
    """With the settings of this run and without its database."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider", PLANTED]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)


def test_a_planted_leak_fails_the_run(run):
    assert run.returncode == 1, run.stdout
    assert "5 passed" in run.stdout
    assert "4 errors" in run.stdout


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("a_refresh_token_is_logged", "a refresh token in the log line"),
        ("an_access_token_is_printed", "an access token in the log line"),
        ("an_encrypted_secret_is_logged", "a secret that is stored encrypted in the log line"),
        ("a_process_of_its_own_prints_a_number", "a mobile number in the log line: called 1"),
    ],
)
def test_each_is_named_with_its_line(run, test, what):
    part = run.stdout.split(f"ERROR at teardown of test_{test}")[1].split("ERROR at teardown")[0]
    assert "a secret was logged" in part
    assert what in part


def test_the_innocent_are_left_alone(run):
    assert "test_innocent" not in run.stdout


@pytest.mark.parametrize(
    "line",
    [
        "GET /files/1/content?variant=original&signature=aGVsbG8td29ybGQtaGVsbG8",
        "Authorization: Bearer abcdefghijkl.mnop",
        "whsec_c2VjcmV0LXNlY3JldA==",
        "sms to +8613812345678",
        '{"p":"correct-horse-battery"}',
        "?p=correct-horse-battery&x",
    ],
)
def test_what_it_knows_by_its_look_or_was_told(line):
    guard = Guard()
    guard.learn("correct-horse-battery", "a password")
    guard.check(line)
    assert guard.take()


def test_what_it_lets_pass():
    guard = Guard()
    guard.learn("x", "too short to tell")
    guard.check('{"request_id":"01a20370-e3c1-7056-bf12-138123456789","order":"SO20261122-0001","ms":13812.5}')
    guard.check("sent to 138****5678 with Bearer *** and signature=***")
    assert not guard.take()

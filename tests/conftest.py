import pytest
from django.db import connection

from backend.directory.authentication import authenticator
from backend.wechat import circuit
from mobile_api import limits
from tests.support.cast import Cast, make_cast
from tests.support.client import Api
from tests.support.leaks import pytest_runtest_makereport, pytest_sessionstart  # noqa: F401  # hooks
from tests.support.rows import Kept, keep
from tests.support.security_table import pytest_terminal_summary, tally  # noqa: F401  # a hook and a fixture
from tests.support.template import template
from tests.support.work import run_owed


@pytest.fixture(autouse=True)
def _forget():
    """A process remembers verified tokens, who asked how often and who did not answer; tests share one process."""
    authenticator.clear()
    limits.clear()
    circuit.clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker) -> None:
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"] |= {"TEMPLATE": template(), "MIGRATE": False}


@pytest.fixture(scope="session")
def kept_cast(django_db_setup, django_db_blocker) -> Kept:
    """Made once in a process: a hundred and seventy queries would be most of what many tests cost."""
    with django_db_blocker.unblock():
        return keep(make_cast)


@pytest.fixture
def cast(kept_cast: Kept, db) -> Cast:
    return kept_cast.put_back()


@pytest.fixture
def api(cast: Cast) -> Api:
    """`api(cast.li).post("/visits", {...})`; `api(None)` is anonymous."""
    return Api()


@pytest.fixture
def work(db):
    """`work()` performs what is owed, round after round until nothing is due, as dispatcher and worker would."""
    return run_owed


@pytest.fixture
def media_root(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT

import pytest

from backend.directory.authentication import authenticator
from mobile_api import limits
from tests.support.cast import Cast, make_cast
from tests.support.client import Api
from tests.support.leaks import pytest_runtest_makereport, pytest_sessionstart  # noqa: F401  # hooks
from tests.support.work import run_owed


@pytest.fixture(autouse=True)
def _forget():
    """A process remembers verified tokens and who asked how often; tests share one process."""
    authenticator.clear()
    limits.clear()


@pytest.fixture
def cast(db) -> Cast:
    return make_cast()


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

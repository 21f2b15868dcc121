from collections.abc import Iterator

import pytest

from tests.journeys.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Iterator[Demo]:
    """One for all journeys; they are marked to run in one process."""
    with running_demo(tmp_path_factory.mktemp("run")) as started:
        yield started

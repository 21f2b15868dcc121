from collections.abc import Iterator
from dataclasses import replace

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.documents.models import Document
from backend.events import services as events
from backend.events.models import Event
from tests.simulators import Simulator, wecom_simulator
from tests.support.cast import Cast
from tests.support.wecom import CORP, enter_app


@pytest.fixture
def happen(cast: Cast):
    """`happen("visit.commented", visit, by=cast.han, text="好")` records the event; without `by` the system did it."""

    def happen(
        name: str,
        subject: Document,
        /,
        *,
        by: Employee | None = None,
        on_behalf_of: Employee | None = None,
        **data: object,
    ) -> Event:
        actor = cast.actor(by) if by else Actor.system(subject.company_id)
        if on_behalf_of:
            actor = replace(actor, on_behalf_of_id=on_behalf_of.pk)
        return events.record(name, subject, actor=actor, at=clock.now(), **data)

    return happen


@pytest.fixture(scope="session")
def platform_process() -> Iterator[Simulator]:
    with wecom_simulator() as simulator:
        yield simulator


@pytest.fixture
def platform(platform_process: Simulator, settings) -> Simulator:
    """A fresh platform with one corporation, and our settings pointing at it."""
    platform_process.reset()
    platform_process.seed(CORP)
    settings.WECOM_API_BASE = platform_process.url
    return platform_process


@pytest.fixture
def connected(cast: Cast, platform: Simulator) -> Simulator:
    """The platform, with our app entered and the people bound to its members."""
    enter_app(cast)
    return platform

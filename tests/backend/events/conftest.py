import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.events import services
from backend.events.models import Delivery
from tests.support.cast import Cast


@pytest.fixture
def owe(cast: Cast):
    """`owe()` makes a delivery that is due now."""

    def owe(consumer: str = "somebody") -> Delivery:
        actor = Actor.system(cast.company.pk)
        event = services.record("weather.changed", cast.company, actor=actor, at=clock.now())
        return Delivery.objects.create(company=cast.company, event=event, consumer=consumer)

    return owe

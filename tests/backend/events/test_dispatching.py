"""From rows to the broker and from the broker to the consumer; tests/concurrency/test_dispatch.py runs the programs."""

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from backend.core.context import Origin, came_from, origin
from backend.events import delivery, dispatching, registry
from backend.events.models import Delivery


@pytest.fixture
def broker(monkeypatch):
    """What was handed over; `broker.takes` is how many more it will take."""

    class Broker(list):
        takes = 1000

        def send_task(self, name: str, kwargs: dict, **options: object) -> None:
            if self.takes == len(self):
                raise OperationalError("connection refused")
            self.append((name, kwargs))

    broker = Broker()
    monkeypatch.setattr(current_app._get_current_object(), "send_task", broker.send_task)
    return broker


@pytest.fixture
def consumer(monkeypatch):
    """A consumer of `weather.changed`; `consumer.heard` is what it was told."""

    class Consumer:
        heard: list[tuple[int, str]] = []

        def handle(self, event) -> None:
            self.heard.append((event.pk, origin().request_id))

    consumer = Consumer()
    monkeypatch.setattr(registry, "_consumers", {})
    registry.subscribe("barometer", ["weather.changed"], handler=consumer.handle)
    return consumer


def handed_over(broker) -> list[int]:
    assert {name for name, _ in broker} <= {"events.deliver"}
    return [kwargs["delivery_id"] for _, kwargs in broker]


def test_every_due_row_is_handed_over_by_its_id(owe, broker):
    rows = [owe().pk for _ in range(3)]
    assert dispatching.dispatch_due() == 3
    assert handed_over(broker) == rows
    assert dispatching.dispatch_due() == 0


def test_what_a_failing_broker_did_not_take_stays_due(owe, broker):
    rows = [owe().pk for _ in range(5)]
    broker.takes = 2
    assert dispatching.dispatch_due() == 2
    broker.takes = 1000
    assert dispatching.dispatch_due() == 3
    assert handed_over(broker) == rows


def test_an_event_is_delivered_with_the_request_it_came_from(owe, consumer):
    with came_from(Origin(request_id="request-4711")):
        owe()
    row = Delivery.objects.get(consumer="barometer")
    assert delivery.deliver(row.pk) is True
    assert delivery.deliver(row.pk) is False
    assert consumer.heard == [(row.event_id, "request-4711")]
    assert origin().request_id == ""


def test_a_consumer_that_fails_is_told_again_and_the_others_are_not_held_up(owe, consumer, work):
    def fail(event) -> None:
        raise RuntimeError("not today")

    registry.subscribe("forecaster", ["weather.changed"], handler=fail)
    event = owe().event
    work()
    assert event.pk in [pk for pk, _ in consumer.heard]
    failed = Delivery.objects.get(consumer="forecaster")
    assert (failed.status, failed.attempts, failed.error) == ("pending", 1, "RuntimeError('not today')")

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Conflict
from backend.events import registry, services
from backend.events.models import Delivery, Event


@pytest.fixture
def consumer():
    registry.subscribe("watcher", ["weather.told"], handler=lambda event: None)
    yield "watcher"
    del registry._consumers["watcher"]


def test_many_facts_are_written_and_owed_as_one_would_be(cast, consumer):
    actor, at = Actor.system(cast.company.pk), clock.now()
    one = services.record("weather.told", cast.li, actor=actor, at=at, sky="蓝")
    told = [(cast.li, {"sky": "蓝"}), (cast.han, {"sky": "grey"})]
    assert services.record_many("weather.told", told, actor=actor, at=at) == 2
    many = list(Event.objects.filter(name="weather.told").exclude(pk=one.pk).order_by("pk"))
    assert [event.subject_id for event in many] == [cast.li.pk, cast.han.pk]
    first = {field.attname: getattr(many[0], field.attname) for field in Event._meta.concrete_fields[1:]}
    assert first == {field.attname: getattr(one, field.attname) for field in Event._meta.concrete_fields[1:]}
    assert Delivery.objects.filter(event__in=many, consumer=consumer, status="pending").count() == 2


def test_a_thousand_facts_cost_one_statement(cast):
    actor, told = Actor.system(cast.company.pk), [(cast.li, {"n": n}) for n in range(services.AT_ONCE)]
    with CaptureQueriesContext(connection) as queries:
        assert services.record_many("weather.told", told, actor=actor) == services.AT_ONCE
    assert len([query for query in queries if "INSERT" in query["sql"]]) == 1
    assert services.record_many("weather.told", [], actor=actor) == 0


def test_none_of_them_may_cross_companies(cast):
    told = [(cast.li, {}), (cast.sun, {})]
    with pytest.raises(Conflict), transaction.atomic():
        services.record_many("weather.told", told, actor=Actor.system(cast.company.pk))
    assert not Event.objects.filter(name="weather.told").exists()

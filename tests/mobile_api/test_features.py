import pytest

from backend.core import clock
from backend.directory.features import FEATURES
from backend.directory.services import company
from backend.directory.services.company import UnknownFeature
from backend.events.models import Event
from mobile_api.schemas.company import FeaturesOut, SwitchesIn
from tests.support.contract import reads_as
from tests.support.visits import refused


def off(reply):
    return {item.code for item in reads_as(FeaturesOut, reply).items if not item.on}


def test_an_administrator_switches_what_the_phones_show(api, cast):
    caller, li = api(cast.qian), api(cast.li)
    assert off(caller.get("/features")) == set()
    for _ in range(2):
        assert off(caller.patch("/features", {"features": {"orders": False, "audit": False}})) == {"orders", "audit"}
    assert off(caller.patch("/features", {"features": {"stock": False, "audit": True}})) == {"orders", "stock"}
    assert li.get("/me").json()["features"] == {
        "customers": True,
        "visits": True,
        "expenses": True,
        "orders": False,
        "stock": False,
        "directory_admin": False,
        "audit": False,
    }
    assert li.get("/orders").status_code == 200
    assert api(cast.sun).get("/me").json()["features"]["orders"] is True
    told = Event.objects.filter(name="company.features_switched").order_by("pk")
    assert [event.data["after"]["features_off"] for event in told] == [["audit", "orders"], ["orders", "stock"]]


def test_only_an_administrator_and_only_what_there_is(api, cast):
    for who in (cast.li, cast.han, cast.sun):
        assert refused(api(who).patch("/features", {"features": {"orders": False}}), 403, "forbidden")
    for wrong in ({"games": True}, {"orders": False, "games": False}, {"orders": None}, {"orders": "no"}):
        assert refused(api(cast.qian).patch("/features", {"features": wrong}), 422, "invalid")
    with pytest.raises(UnknownFeature):
        company.switch_features(actor=cast.actor(cast.qian), on={"orders": False, "games": False}, at=clock.now())
    assert off(api(cast.qian).get("/features")) == set()


def test_every_feature_has_its_switch():
    assert set(SwitchesIn.model_fields) == set(FEATURES)

"""The first visit that is beyond doubt may say where the customer is; who answers for the customer decides."""

import pytest

from backend.customers.models import Customer
from backend.events.models import Event
from backend.visits.models import PlaceProposal
from notifications.models import Notification
from tests.support.threads import together
from tests.support.visits import SHOP, check_in, check_in_body, checked_in, proposed_place, recorded, refused

pytestmark = pytest.mark.django_db


def propose(caller, visit):
    return caller.post(f"/visits/{visit['id']}/place-proposal")


def test_accepted_it_becomes_the_customers_place_and_the_next_visit_is_verified(api, cast, work):
    visit = checked_in(api(cast.li), place=None)
    api(cast.li).post(f"/visits/{visit['id']}/check-out", {})

    first, again = propose(api(cast.li), visit), propose(api(cast.li), visit)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    work()
    assert Notification.objects.get(kind="place.proposed").recipient_id == cast.han.pk
    assert [item["id"] for item in api(cast.han).get("/place-proposals").json()["items"]] == [first.json()["id"]]
    path = f"/place-proposals/{first.json()['id']}"
    done, twice = (api(cast.han).post(f"{path}/accept") for _ in range(2))
    assert done.json() == twice.json()
    assert done.json()["status"] == "accepted"
    assert Customer.objects.get().place == (SHOP["lat"], SHOP["lng"])
    assert refused(api(cast.han).post(f"{path}/decline"), 409, "proposal_decided")
    assert (recorded("place.proposed"), recorded("place.decided"), recorded("customer.changed")) == (1, 1, 1)
    assert api(cast.han).get("/place-proposals").json()["items"] == []
    work()
    assert Notification.objects.get(kind="place.decided").recipient_id == cast.li.pk
    visit = api(cast.li).post("/visits", {"customer_id": visit["customer"]["id"]}).json()
    assert check_in(api(cast.li), visit, check_in_body(5)).json()["verdict"] == "verified"


def test_declined_the_customer_stays_without_and_another_visit_may_propose(api, cast):
    proposal = proposed_place(api(cast.li))

    reply = api(cast.li).post(f"/place-proposals/{proposal['id']}/decline")

    assert reply.json()["status"] == "declined"
    assert Customer.objects.get().place is None
    other = api(cast.li).post("/visits", {"customer_id": proposal["customer"]["id"]}).json()
    check_in(api(cast.li), other, check_in_body())
    assert propose(api(cast.li), other).status_code == 201
    assert refused(propose(api(cast.han), other), 403, "not_your_visit")


def test_only_what_is_proven_and_only_where_a_place_is_missing(api, cast):
    known = checked_in(api(cast.li))
    assert refused(propose(api(cast.li), known), 409, "customer_has_place")
    api(cast.li).post(f"/visits/{known['id']}/check-out", {})
    jumped = checked_in(api(cast.li), metres=90_000, place=None)
    assert jumped["verdict"] == "suspect"

    assert refused(propose(api(cast.li), jumped), 409, "place_not_proven")
    api(cast.han).post(f"/visits/{jumped['id']}/review", {"decision": "accepted"})
    assert propose(api(cast.li), jumped).status_code == 201
    assert recorded("place.proposed") == 1


def test_a_place_that_somebody_has_entered_meanwhile_is_not_overwritten(api, cast):
    proposal = proposed_place(api(cast.li))
    Customer.objects.update(lat=39.9, lng=116.4)

    assert refused(api(cast.han).post(f"/place-proposals/{proposal['id']}/accept"), 409, "customer_has_place")
    assert Customer.objects.get().place == (39.9, 116.4)
    assert PlaceProposal.objects.get().status == "proposed"


def test_who_sees_the_customer_and_does_not_answer_for_it_decides_nothing(api, cast):
    """In the pool everybody of the company sees it."""
    proposal = proposed_place(api(cast.li))
    Customer.objects.update(owner=None)

    for action in ("accept", "decline"):
        path = f"/place-proposals/{proposal['id']}/{action}"
        assert refused(api(cast.zhao).post(path), 403, "not_in_charge")
        assert refused(api(cast.sun).post(path), 404, "not_found")
        assert refused(api(cast.wang).post(path), 403, "forbidden")
    assert recorded("place.decided") == 0


@pytest.mark.django_db(transaction=True)
def test_accepted_and_declined_at_once_one_decision_stands(api, cast):
    proposal = proposed_place(api(cast.li))
    callers, actions = [api(cast.li), api(cast.han)], ("accept", "decline")

    replies = together(2, lambda i: callers[i].post(f"/place-proposals/{proposal['id']}/{actions[i]}"))

    assert sorted(reply.status_code for reply in replies) == [200, 409]
    event = Event.objects.get(name="place.decided")
    assert PlaceProposal.objects.get().status == event.data["decision"]
    assert (Customer.objects.get().place is None) == (event.data["decision"] == "declined")

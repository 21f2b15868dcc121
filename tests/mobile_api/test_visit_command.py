"""What superiors do about the visits of their people, co-visitors, and who reads exact positions."""

from uuid import uuid4

import pytest

from backend.core import clock
from backend.directory.models import Employee
from backend.events.models import Event
from backend.files.models import Attachment
from backend.visits.models import Visit, VisitCompanion
from mobile_api.schemas.visits import VisitScreenOut
from notifications.models import Notification
from tests.support.contract import reads_as
from tests.support.files import fetch, uploaded
from tests.support.pictures import exif, picture
from tests.support.threads import together
from tests.support.visits import SHOP, checked_in, new_visit, recorded, refused

pytestmark = pytest.mark.django_db
ACCEPT = {"decision": "accepted"}


def doubtful(caller, number=1):
    """Checked in three kilometres away and checked out."""
    return [checked_out(caller, metres=3000) for _ in range(number)]


def checked_out(caller, metres=0):
    visit = checked_in(caller, metres=metres)
    assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
    return visit["id"]


class TestReviewing:
    def test_what_waits_is_listed_until_it_is_decided(self, api, cast):
        fine = checked_out(api(cast.li))
        ids = doubtful(api(cast.li), 3)
        doubtful(api(cast.han))  # his own
        doubtful(api(cast.zhao))  # of another region
        doubtful(api(cast.sun))  # of another company

        page = api(cast.han).get("/visit-reviews", limit=2).json()
        rest = api(cast.han).get("/visit-reviews", limit=2, cursor=page["next_cursor"]).json()

        assert [item["id"] for item in page["items"] + rest["items"]] == ids[::-1]
        assert page["items"][0]["reasons"][0]["code"] == "out_of_range"
        assert fine not in str(page)
        api(cast.han).post(f"/visits/{ids[0]}/review", ACCEPT)
        assert len(api(cast.han).get("/visit-reviews").json()["items"]) == 2
        assert len(api(cast.qian).get("/visit-reviews").json()["items"]) == 4  # the whole company's
        assert refused(api(cast.li).get("/visit-reviews"), 403, "forbidden")

    def test_many_at_once_name_what_conflicts_and_do_the_rest(self, api, cast, work):
        fine = checked_out(api(cast.li))
        first, second = doubtful(api(cast.li), 2)
        (own,) = doubtful(api(cast.han))
        (elsewhere,) = doubtful(api(cast.zhao))
        api(cast.qian).post(f"/visits/{second}/review", {"decision": "rejected", "reason": "不在门店"})
        sent = {"visit_ids": [first, second, fine, own, elsewhere, str(uuid4()), first], **ACCEPT}

        reply = api(cast.han).post("/visit-reviews", sent)
        again = api(cast.han).post("/visit-reviews", sent)

        assert reply.status_code == 200
        assert [(item["done"], item["code"]) for item in reply.json()["items"]] == [
            (True, None),
            (False, "already_reviewed"),
            (False, "nothing_to_review"),
            (False, "own_visit"),
            (False, "not_found"),
            (False, "not_found"),
        ]
        assert again.json() == reply.json()
        assert recorded("visit.reviewed") == 2
        assert Visit.objects.get(pk=elsewhere).decision == ""
        work()
        told = Notification.objects.filter(kind="visit.reviewed", recipient=cast.li)
        assert told.count() == 2

    def test_a_co_visitor_who_reviews_others_may_not_review_this_one(self, api, cast):
        """Zhao becomes a manager of the north; that Li names him does not put him in command."""
        (visit,) = doubtful(api(cast.li))
        cast.zhao.role_assignments.update(role_id=cast.han.role_assignments.get().role_id)
        api(cast.li).post(f"/visits/{visit}/companions", {"employee_ids": [str(cast.zhao.pk)]})
        zhao = api(cast.zhao)

        assert zhao.get(f"/visits/{visit}").status_code == 200
        assert refused(zhao.post(f"/visits/{visit}/review", ACCEPT), 403, "not_your_team")
        assert refused(zhao.post(f"/visits/{visit}/close", {"reason": "x"}), 403, "not_your_team")
        assert refused(zhao.get(f"/visits/{visit}/positions"), 403, "not_your_team")
        assert zhao.get("/visit-reviews").json()["items"] == []
        assert Visit.objects.get(pk=visit).decision == ""


class TestClosing:
    def test_a_manager_closes_what_was_forgotten_and_it_says_so(self, api, cast, work):
        visit = checked_in(api(cast.li))
        path = f"/visits/{visit['id']}/close"

        assert api(cast.han).post(path, {"reason": " "}).status_code == 422
        first, again = (api(cast.han).post(path, {"reason": "忘记签退"}) for _ in range(2))

        assert (first.json()["status"], first.json()["closed_by"]) == ("completed", "manager")
        assert first.json() == again.json()
        assert Visit.objects.get().minutes is None
        assert recorded("visit.closed") == 1
        assert api(cast.li).post(f"/visits/{visit['id']}/check-out", {}).json()["closed_by"] == "manager"
        assert checked_in(api(cast.li))["status"] == "open"  # he is free for the next one
        work()
        assert Notification.objects.get(kind="visit.closed").recipient_id == cast.li.pk

    def test_ones_own_check_out_is_no_closing(self, api, cast):
        visit = checked_in(api(cast.li))
        done = api(cast.li).post(f"/visits/{visit['id']}/check-out", {}).json()

        assert done["closed_by"] == "owner"
        assert api(cast.han).post(f"/visits/{visit['id']}/close", {"reason": "x"}).json()["closed_by"] == "owner"
        (listed,) = api(cast.han).get("/visits").json()["items"]
        assert listed["closed_by"] == "owner"
        assert recorded("visit.closed") == 0

    def test_what_cannot_be_closed(self, api, cast):
        created, own, elsewhere = new_visit(api(cast.li)), checked_in(api(cast.han)), checked_in(api(cast.zhao))

        def closing(visit):
            return api(cast.han).post(f"/visits/{visit['id']}/close", {"reason": "x"})

        assert refused(closing(created), 409, "visit_not_open")
        assert refused(closing(own), 403, "own_visit")
        assert refused(closing(elsewhere), 404, "not_found")
        assert Visit.objects.filter(status="open").count() == 2


class TestPositions:
    def test_others_see_the_neighbourhood_and_a_look_at_the_place_is_recorded(self, api, cast):
        visit = checked_in(api(cast.li))
        path = f"/visits/{visit['id']}"

        shown = api(cast.han).get(path)
        assert reads_as(VisitScreenOut, shown).evidence.position.model_dump() == {
            "lat": 31.23,
            "lng": 121.47,
            "accuracy_m": 1000.0,
            "crs": "wgs84",
        }
        assert str(SHOP["lat"]) not in shown.content.decode()
        assert recorded("visit.positions_read") == 0
        exact = api(cast.han).get(f"{path}/positions").json()
        assert (exact["position"]["lat"], exact["coarse"]) == (SHOP["lat"], False)
        assert len(exact["samples"]) == 3
        api(cast.han).get(f"{path}/positions")
        reads = Event.objects.filter(name="visit.positions_read")
        assert {(event.actor_id, str(event.subject_id)) for event in reads} == {(cast.han.pk, visit["id"])}
        assert reads.count() == 2

    def test_ones_own_are_no_business_of_the_audit(self, api, cast):
        visit = checked_in(api(cast.li))

        assert len(api(cast.li).get(f"/visits/{visit['id']}/positions").json()["samples"]) == 3
        assert recorded("visit.positions_read") == 0

    def test_who_may_not_reads_nothing_and_leaves_no_trace(self, api, cast):
        visit = checked_in(api(cast.li))
        path = f"/visits/{visit['id']}/positions"

        assert refused(api(cast.wang).get(path), 403, "forbidden")  # sees all visits, needs no positions
        for stranger in (cast.zhao, cast.sun):
            assert refused(api(stranger).get(path), 404, "not_found")
        assert recorded("visit.positions_read") == 0

    def test_the_original_of_a_photo_is_a_position_too(self, api, cast, media_root, work):
        caller, zhao = api(cast.li), api(cast.zhao)
        visit = checked_in(caller)
        content = picture(exif=exif())
        photo, other = uploaded(caller, content)["id"], uploaded(caller, content, purpose="other")["id"]
        for file in (photo, other):
            assert caller.post(f"/visits/{visit['id']}/photos", {"file_id": file}).status_code == 201
        caller.post(f"/visits/{visit['id']}/companions", {"employee_ids": [str(cast.zhao.pk)]})
        work()
        for file in (photo, other):
            path = f"/files/{file}"
            own = caller.get(path)
            assert fetch(own.json()["links"]["original"])[0] == content
            for seer in (api(cast.han), zhao, api(cast.wang)):
                reply = seer.get(path)
                shown = reply.json()["links"]
                assert reply.headers["ETag"] != own.headers["ETag"]  # he may have the owner's on the same phone
                assert shown["original"] is None
                assert b"Exif" not in fetch(shown["display"])[0]
        path = f"/files/{photo}"
        for refusing in (zhao, api(cast.wang)):
            assert refused(refusing.get(path, exact="true"), 403, "forbidden")
        assert refused(api(cast.sun).get(path, exact="true"), 404, "not_found")
        caller.get(path, exact="true")
        assert recorded("visit.positions_read") == 0
        exact = api(cast.han).get(path, exact="true")
        assert fetch(exact.json()["links"]["original"])[0] == content
        api(cast.han).get(path, exact="true")
        reads = Event.objects.filter(name="visit.positions_read")
        assert [(event.actor_id, str(event.subject_id)) for event in reads] == [(cast.han.pk, visit["id"])] * 2

        Attachment.objects.filter(pk=photo).update(place_removed_at=clock.now())
        assert zhao.get(path).json()["links"]["original"] is not None

    def test_before_check_in_there_are_none(self, api, cast):
        visit = new_visit(api(cast.li))

        found = api(cast.li).get(f"/visits/{visit['id']}/positions").json()
        assert found == {"position": None, "samples": [], "coarse": False}


class TestCompanions:
    def test_they_are_told_see_it_and_confirm_once(self, api, cast, work):
        visit = checked_in(api(cast.li))
        path = f"/visits/{visit['id']}"
        zhao = api(cast.zhao)
        assert zhao.get(path).status_code == 404

        for _ in range(2):
            invited = api(cast.li).post(f"{path}/companions", {"employee_ids": [str(cast.zhao.pk)]})
            assert invited.status_code == 200

        work()
        assert Notification.objects.get(kind="visit.companion_invited").recipient_id == cast.zhao.pk
        assert [item["id"] for item in zhao.get("/visits").json()["items"]] == [visit["id"]]
        assert [zhao.post(f"{path}/companions/confirm").status_code for _ in range(2)] == [200, 200]
        shown = reads_as(VisitScreenOut, api(cast.li).get(path))
        assert [(one.employee.name, one.confirmed_at is not None) for one in shown.companions] == [("赵强", True)]
        assert (recorded("visit.companion_invited"), recorded("visit.companion_confirmed")) == (1, 1)
        work()
        assert Notification.objects.get(kind="visit.companion_confirmed").recipient_id == cast.li.pk
        assert refused(zhao.post(f"{path}/check-out", {}), 403, "not_your_visit")

    def test_nobody_else_is_named_or_confirms(self, api, cast):
        visit = checked_in(api(cast.li))
        path = f"/visits/{visit['id']}"
        left = Employee.objects.get(pk=cast.zhao.pk)
        left.is_active = False
        left.save(update_fields=["is_active"])

        for person in (cast.sun, cast.li, left):
            reply = api(cast.li).post(f"{path}/companions", {"employee_ids": [str(person.pk)]})
            assert refused(reply, 404, "not_found")
        assert refused(api(cast.han).post(f"{path}/companions/confirm"), 404, "not_found")
        assert refused(
            api(cast.han).post(f"{path}/companions", {"employee_ids": [str(cast.wang.pk)]}), 403, "not_your_visit"
        )
        assert not VisitCompanion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_closing_and_checking_out_at_once_leave_one_end(api, cast):
    visit = checked_in(api(cast.li))
    callers = [api(cast.li), api(cast.han)]
    calls = [("check-out", {}), ("close", {"reason": "忘记签退"})] * 3

    replies = together(6, lambda i: callers[i % 2].post(f"/visits/{visit['id']}/{calls[i][0]}", calls[i][1]))

    assert [reply.status_code for reply in replies] == [200] * 6
    assert recorded("visit.closed") + recorded("visit.checked_out") == 1
    ended = {"visit.closed": "manager", "visit.checked_out": "owner"}
    (name,) = Event.objects.filter(name__in=ended).values_list("name", flat=True)
    assert Visit.objects.get().closed_by == ended[name]
    assert Visit.objects.get().checked_out_at <= clock.now()

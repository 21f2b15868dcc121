from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.geo import wgs84_to_gcj02
from backend.events.models import Event
from backend.files import services as files
from backend.files.models import Attachment
from backend.visits.models import CheckInSample, Visit, VisitComment, VisitPhoto
from mobile_api.schemas.visits import CommentOut, PhotoOut, VisitOut, VisitScreenOut
from tests.support.contract import reads_as
from tests.support.visits import SHOP, check_in, check_in_body, checked_in, new_visit, recorded, refused, sample

pytestmark = pytest.mark.django_db


def codes(visit):
    return [reason["code"] for reason in visit["reasons"]]


class TestCheckingIn:
    def test_at_the_shop_is_verified(self, api, cast):
        before = clock.now()
        visit = checked_in(api(cast.li), metres=40)

        assert (visit["status"], visit["verdict"], visit["reasons"]) == ("open", "verified", [])
        assert visit["distance_m"] == pytest.approx(40, abs=0.1)
        stored = Visit.objects.get()
        assert before <= stored.checked_in_at == stored.started_at <= clock.now()
        event = Event.objects.get(name="visit.checked_in")
        assert event.data == {"verdict": "verified", "reasons": [], "customer": "联华超市"}
        assert CheckInSample.objects.filter(visit=stored, stage="check_in", crs="wgs84").count() == 3

    def test_from_three_kilometres_it_is_stored_with_its_reasons(self, api, cast):
        visit = checked_in(api(cast.li), metres=3000)

        assert (visit["status"], visit["verdict"]) == ("open", "out_of_range")
        (reason,) = visit["reasons"]
        assert reason == {"code": "out_of_range", "value": pytest.approx(3000, abs=1), "limit": 312.0, "unit": "m"}
        data = Event.objects.get(name="visit.checked_in").data
        assert (data["verdict"], data["reasons"]) == ("out_of_range", ["out_of_range"])

    def test_both_coordinate_systems_mean_one_distance(self, api, cast):
        lat, lng = wgs84_to_gcj02(SHOP["lat"], SHOP["lng"])
        shifted = new_visit(api(cast.li))
        body = check_in_body() | {"samples": [sample(lat=lat, lng=lng, crs="gcj02")]}

        visit = check_in(api(cast.li), shifted, body).json()

        assert (visit["verdict"], visit["distance_m"]) == ("verified", pytest.approx(0, abs=1))
        stored = CheckInSample.objects.get()
        assert (stored.lat, stored.lng, stored.crs) == (lat, lng, "gcj02")
        assert stored.wgs84_lat == pytest.approx(SHOP["lat"], abs=1e-7)

    def test_a_wrongly_declared_system_shows_as_half_a_kilometre(self, api, cast):
        lat, lng = wgs84_to_gcj02(SHOP["lat"], SHOP["lng"])

        visit = check_in(
            api(cast.li), new_visit(api(cast.li)), check_in_body() | {"samples": [sample(lat=lat, lng=lng)]}
        ).json()

        assert (visit["verdict"], visit["distance_m"]) == ("out_of_range", pytest.approx(481, abs=20))

    def test_a_customer_without_place_cannot_be_verified(self, api, cast):
        visit = new_visit(api(cast.li), place=None)

        reply = check_in(api(cast.li), visit, check_in_body()).json()

        assert (reply["verdict"], reply["distance_m"]) == ("unverifiable", None)
        assert codes(reply) == ["customer_without_place"]

    def test_the_servers_clock_decides_and_the_skew_is_kept(self, api, cast):
        body = check_in_body()
        behind = clock.now() - timedelta(hours=2)
        body |= {"captured_at": behind.isoformat(), "samples": [sample(at=behind)]}

        visit = check_in(api(cast.li), new_visit(api(cast.li)), body).json()

        assert (visit["verdict"], codes(visit)) == ("suspect", ["clock_skew"])
        stored = Visit.objects.get()
        assert clock.now() - stored.checked_in_at < timedelta(minutes=1)
        assert (stored.captured_at, stored.skew_s) == (behind, pytest.approx(7200, abs=60))

    def test_the_last_check_in_and_its_device_are_remembered(self, api, cast):
        caller = api(cast.li)
        first = checked_in(caller)
        caller.post(f"/visits/{first['id']}/check-out", {})

        visit = check_in(caller, new_visit(caller), check_in_body(800_000, device="phone-2")).json()

        assert visit["verdict"] == "suspect"
        assert codes(visit) == ["out_of_range", "impossible_speed", "new_device"]

    def test_the_same_check_in_again_returns_the_present_state(self, api, cast):
        caller, body = api(cast.li), check_in_body()
        visit = new_visit(caller)
        first, again = check_in(caller, visit, body), check_in(caller, visit, body)
        caller.post(f"/visits/{visit['id']}/check-out", {})
        late = check_in(caller, visit, body)

        assert first.json() == again.json()
        assert (late.status_code, late.json()["status"]) == (200, "completed")
        assert recorded("visit.checked_in") == 1
        assert CheckInSample.objects.count() == 3

    def test_another_check_in_is_a_conflict(self, api, cast):
        visit = checked_in(api(cast.li))

        assert refused(check_in(api(cast.li), visit, check_in_body(500)), 409, "already_checked_in")
        assert Visit.objects.get().verdict == "verified"

    def test_one_open_visit_a_person(self, api, cast):
        caller = api(cast.li)
        still_open, second = checked_in(caller), new_visit(caller)

        reply = check_in(caller, second, check_in_body())

        assert refused(reply, 409, "another_visit_open")
        assert reply.json()["visit_id"] == still_open["id"]
        assert Visit.objects.get(pk=second["id"]).status == "created"
        assert (recorded("visit.checked_in"), CheckInSample.objects.count()) == (1, 3)
        assert checked_in(api(cast.zhao))["status"] == "open"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"samples": []},
            {"samples": [sample()] * 6},
            {"samples": [sample(lat=91)]},
            {"samples": [sample(accuracy_m=-1)]},
            {"samples": [sample(crs="bd09")]},
            {"samples": [sample(fixed_at="2026-03-02T09:00:00")]},
            {"captured_at": "0001-01-01T00:00:00+12:00"},
            {"device_id": ""},
            {"verdict": "verified"},
        ],
    )
    def test_bad_input_changes_nothing(self, api, cast, wrong):
        visit = new_visit(api(cast.li))

        assert check_in(api(cast.li), visit, check_in_body() | wrong).status_code == 422
        assert Visit.objects.get().status == "created"


class TestCheckingOut:
    def test_it_completes_the_visit(self, api, cast):
        caller, visit = api(cast.li), checked_in(api(cast.li))
        path = f"/visits/{visit['id']}/check-out"

        done, again = caller.post(path, {"samples": [sample(5)]}), caller.post(path, {})

        assert reads_as(VisitOut, done).status == "completed"
        assert done.json() == again.json()
        assert Event.objects.get(name="visit.checked_out").data == {
            "customer": "联华超市",
            "minutes": 0,
            "summary": "",
        }
        assert CheckInSample.objects.filter(stage="check_out").count() == 1

    def test_before_check_in_and_after_cancelling_it_is_a_conflict(self, api, cast):
        caller, visit = api(cast.li), new_visit(api(cast.li))
        path = f"/visits/{visit['id']}"

        assert refused(caller.post(f"{path}/check-out", {}), 409, "visit_not_open")
        caller.post(f"{path}/cancel", {})
        assert refused(caller.post(f"{path}/check-out", {}), 409, "visit_not_open")
        assert recorded("visit.checked_out") == 0


class TestPhotos:
    @pytest.fixture
    def picture(self, cast):
        def declare(employee):
            made, _ = files.declare(
                actor=cast.actor(employee),
                id=None,
                name="shelf.jpg",
                content_type="image/jpeg",
                size=1000,
                sha256="0" * 64,
                purpose="visit_photo",
                at=clock.now(),
            )
            return made

        return declare

    def test_they_are_shown_and_captioned(self, api, cast, picture):
        visit, file = checked_in(api(cast.li), address="陕西南路 1 号"), picture(cast.li)
        sent = {"file_id": str(file.pk), "tag": "陈列"}

        first, again = (api(cast.li).post(f"/visits/{visit['id']}/photos", sent) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 200)
        assert reads_as(PhotoOut, first).tag == "陈列"
        assert VisitPhoto.objects.count() == recorded("visit.photo_added") == 1
        lines = Attachment.objects.get().caption
        assert lines[1:] == ["联华超市", "陕西南路 1 号", "李雷"]
        (photo,) = reads_as(VisitScreenOut, api(cast.han).get(f"/visits/{visit['id']}")).photos
        assert (photo.file_id, photo.tag) == (file.pk, "陈列")

    def test_another_tag_is_a_conflict(self, api, cast, picture):
        visit, file = checked_in(api(cast.li)), picture(cast.li)
        path = f"/visits/{visit['id']}/photos"
        api(cast.li).post(path, {"file_id": str(file.pk), "tag": "门头"})

        assert refused(api(cast.li).post(path, {"file_id": str(file.pk), "tag": "陈列"}), 409, "photo_tagged")

    def test_somebody_elses_picture_is_not_found(self, api, cast, picture):
        visit = checked_in(api(cast.li))
        for stranger in (cast.zhao, cast.sun):
            reply = api(cast.li).post(f"/visits/{visit['id']}/photos", {"file_id": str(picture(stranger).pk)})
            assert reply.status_code == 404
        assert not VisitPhoto.objects.exists()


class TestDiscussion:
    def test_who_sees_a_visit_may_comment(self, api, cast):
        visit = checked_in(api(cast.li))
        sent = {"id": str(uuid4()), "text": "陈列不错"}

        first, again = (api(cast.han).post(f"/visits/{visit['id']}/comments", sent) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 200)
        assert reads_as(CommentOut, first).author.name == "韩梅梅"
        assert Event.objects.get(name="visit.commented").data == {"author": "韩梅梅", "text": "陈列不错"}
        (comment,) = api(cast.li).get(f"/visits/{visit['id']}").json()["comments"]
        assert comment["text"] == "陈列不错"
        reused = api(cast.li).post(f"/visits/{visit['id']}/comments", sent)
        assert refused(reused, 409, "id_reused")
        assert VisitComment.objects.count() == 1

    def test_a_manager_decides_about_a_doubtful_check_in(self, api, cast):
        visit = checked_in(api(cast.li), metres=3000)
        path = f"/visits/{visit['id']}/review"

        assert refused(api(cast.han).post(path, {"decision": "rejected"}), 422, "reason_required")
        first, again = (api(cast.han).post(path, {"decision": "rejected", "reason": "不在门店"}) for _ in range(2))

        assert (first.json()["decision"], first.json()["decision_reason"]) == ("rejected", "不在门店")
        assert first.json() == again.json()
        assert Event.objects.get(name="visit.reviewed").data == {"decision": "rejected", "reason": "不在门店"}
        other = api(cast.qian).post(path, {"decision": "accepted"})
        assert refused(other, 409, "already_reviewed")
        assert other.json()["decision"] == "rejected"
        shown = reads_as(VisitScreenOut, api(cast.li).get(f"/visits/{visit['id']}"))
        assert shown.decided_by.name == "韩梅梅"

    def test_a_manager_of_elsewhere_finds_nothing(self, api, cast):
        visit = checked_in(api(cast.zhao), metres=3000)
        accept = {"decision": "accepted"}

        assert refused(api(cast.han).post(f"/visits/{visit['id']}/review", accept), 404, "not_found")
        assert Visit.objects.get().decision == ""

    def test_what_cannot_be_reviewed(self, api, cast):
        fine, own = checked_in(api(cast.li)), checked_in(api(cast.han), metres=3000)
        accept = {"decision": "accepted"}

        assert refused(api(cast.han).post(f"/visits/{fine['id']}/review", accept), 409, "nothing_to_review")
        assert refused(api(cast.han).post(f"/visits/{own['id']}/review", accept), 403, "own_visit")
        assert refused(api(cast.wang).post(f"/visits/{own['id']}/review", accept), 403, "forbidden")
        assert recorded("visit.reviewed") == 0

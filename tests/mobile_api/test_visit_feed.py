"""What the team did: cards, who has read them, who likes them, and the morning on which the next step is due."""

from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from backend.core import clock
from backend.core.clock import start_of, today_in
from backend.visits.models import Visit, VisitLike, VisitPlan, VisitReading
from backend.visits.services import reminders
from mobile_api.schemas.visits import VisitScreenOut
from notifications.models import Notification
from tests.support.contract import reads_as
from tests.support.files import uploaded
from tests.support.pictures import encoded, scene
from tests.support.visits import check_in, check_in_body, checked_in, new_visit, recorded, refused

pytestmark = pytest.mark.django_db


def made(caller, metres=0.0):
    visit = checked_in(caller, metres)
    assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
    return visit["id"]


def feed(caller, **query):
    reply = caller.get("/visits/feed", **query)
    assert reply.status_code == 200, reply.content
    return reply.json()["items"]


def ids(cards):
    return [card["id"] for card in cards]


class TestFeed:
    def test_a_card_tells_all(self, api, cast, work, media_root):
        li, han = api(cast.li), api(cast.han)
        visit = made(li)
        new_visit(li)  # not begun, so nothing to show
        spoken = uploaded(li, b"#!AMR\n.", name="a.amr", type="audio/amr", purpose="visit_media")
        li.post(f"/visits/{visit}/photos", {"file_id": spoken["id"]})
        for seed in range(4):
            file = uploaded(li, encoded(scene(seed=seed)), name="a.jpg", type="image/jpeg", purpose="visit_photo")
            assert li.post(f"/visits/{visit}/photos", {"file_id": file["id"]}).status_code == 201
        li.post(f"/visits/{visit}/summary", {"summary": "补货", "next_step": "送样", "next_on": "2026-12-01"})
        work()
        (card,) = feed(han)
        assert (card["read"], card["liked"], card["likes"], card["comments"]) == (False, False, 0, 0)
        assert (card["summary"], card["next_step"], card["next_on"]) == ("补货", "送样", "2026-12-01")
        assert (card["photos"], len(card["thumbnails"])) == (5, 3)
        assert spoken["id"] not in {shown["file_id"] for shown in card["thumbnails"]}
        assert li.client.get(card["thumbnails"][0]["link"]).status_code == 200

        han.post(f"/visits/{visit}/comments", {"text": "好"})
        han.post(f"/visits/{visit}/like")
        (card,) = feed(han)
        assert (card["read"], card["liked"], card["likes"], card["comments"]) == (True, True, 1, 1)
        (own,) = feed(li)
        assert (own["read"], own["liked"], own["likes"]) == (True, False, 1)

    def test_it_is_sifted_and_nobody_sees_more_than_in_the_list(self, api, cast):
        li, han = api(cast.li), api(cast.han)
        fine, far = made(li), made(li, 3000)
        own, north, other = made(han), made(api(cast.zhao)), made(api(cast.sun))
        for caller in (li, han, api(cast.zhao), api(cast.wang), api(cast.sun)):
            listed = [item["id"] for item in caller.get("/visits").json()["items"]]
            assert ids(feed(caller)) == listed
            pages, cursor = [], None
            while cursor or not pages:
                page = caller.get("/visits/feed", limit=1, cursor=cursor).json()
                pages += ids(page["items"])
                cursor = page["next_cursor"]
            assert pages == listed

        assert ids(feed(han, verdict="suspect")) == [far]
        assert ids(feed(han, unread="true")) == [far, fine]  # not his own
        assert ids(feed(han, owner=str(cast.li.pk))) == [far, fine]
        assert ids(feed(han, owner=str(cast.zhao.pk))) == ids(feed(han, owner=str(cast.sun.pk))) == []
        assert ids(feed(han, department=str(cast.shanghai.pk))) == [far, fine]
        assert ids(feed(han, department=str(cast.east.pk))) == [own, far, fine]  # and what is below it
        assert ids(feed(han, department=str(cast.north.pk))) == []
        wang = api(cast.wang)
        assert ids(feed(wang, department=str(cast.north.pk))) == [north]
        assert ids(feed(wang, department=str(cast.north.pk), owner=str(cast.li.pk))) == []
        assert other not in str(feed(wang))
        today = today_in(cast.company.timezone, clock.now())
        assert len(feed(wang, **{"from": str(today), "to": str(today)})) == 4
        assert feed(wang, **{"from": str(today + timedelta(days=1))}) == []
        assert api(cast.li).post(f"/visits/{far}/companions", {"employee_ids": [str(cast.zhao.pk)]}).status_code == 200
        assert ids(feed(api(cast.zhao))) == [north, far]
        assert ids(feed(api(cast.zhao), owner=str(cast.li.pk), department=str(cast.shanghai.pk))) == [far]

    def test_a_long_page_costs_what_a_short_one_does(self, api, cast, django_assert_max_num_queries):
        visit = made(api(cast.li))
        seen = Visit.objects.get(pk=visit)
        columns = {f.attname: getattr(seen, f.attname) for f in Visit._meta.concrete_fields if f.name != "id"}
        Visit.objects.bulk_create(Visit(**columns) for _ in range(50))
        han = api(cast.han)
        han.get("/me")
        for limit, unread in product((1, 50), ("true", "false")):
            with django_assert_max_num_queries(3):
                assert len(feed(han, limit=limit, unread=unread)) == limit


class TestReading:
    def test_one_many_and_twice(self, api, cast):
        visits = [made(api(cast.li)) for _ in range(2)]
        own = made(api(cast.han))
        han = api(cast.han)
        etag = api(cast.li).get(f"/visits/{visits[0]}").headers["ETag"]

        for _ in range(2):
            assert han.post(f"/visits/{visits[0]}/read").status_code == 204
            assert han.post("/visits/read", {"visit_ids": [*visits, own]}).status_code == 204

        assert set(VisitReading.objects.values_list("visit_id", "employee_id")) == {
            (UUID(visit), cast.han.pk) for visit in visits
        }
        assert feed(han, unread="true") == []
        shown = api(cast.li).get(f"/visits/{visits[0]}")
        assert shown.headers["ETag"] != etag
        read_by = reads_as(VisitScreenOut, shown).read_by
        assert (read_by.count, read_by.mine, [one.employee.name for one in read_by.people]) == (1, False, ["韩梅梅"])

    def test_one_hidden_among_many_marks_none(self, api, cast):
        mine, hidden = made(api(cast.li)), made(api(cast.zhao))
        reply = api(cast.han).post("/visits/read", {"visit_ids": [mine, hidden]})
        assert refused(reply, 404, "not_found")
        assert not VisitReading.objects.exists()

    def test_whoever_decides_has_read_it(self, api, cast):
        far = made(api(cast.li), 3000)
        api(cast.han).post(f"/visits/{far}/review", {"decision": "accepted"})
        assert VisitReading.objects.get().employee_id == cast.han.pk


class TestLikes:
    def test_given_once_taken_back_and_given_again_tells_once(self, api, cast, work):
        visit = made(api(cast.li))
        han, path = api(cast.han), f"/visits/{visit}/like"

        assert [han.post(path).json() for _ in range(2)] == [{"liked": True, "likes": 1}] * 2
        assert [han.delete(path).json() for _ in range(2)] == [{"liked": False, "likes": 0}] * 2
        assert api(cast.wang).post(path).json() == {"liked": True, "likes": 1}
        assert han.post(path).json() == {"liked": True, "likes": 2}

        work()
        told = Notification.objects.filter(kind="visit.liked")
        assert sorted(told.values_list("recipient__name", "title")) == [
            ("李雷", "王芳赞了您的拜访"),
            ("李雷", "韩梅梅赞了您的拜访"),
        ]
        likes = reads_as(VisitScreenOut, han.get(f"/visits/{visit}")).likes
        assert (likes.count, likes.mine, {one.name for one in likes.people}) == (2, True, {"韩梅梅", "王芳"})

    def test_not_ones_own(self, api, cast):
        visit = made(api(cast.li))
        assert refused(api(cast.li).post(f"/visits/{visit}/like"), 403, "own_visit_liked")
        assert api(cast.li).delete(f"/visits/{visit}/like").json() == {"liked": False, "likes": 0}
        assert not VisitLike.objects.exists()


class TestFollowUps:
    @pytest.fixture
    def today(self, cast):
        return today_in(cast.company.timezone, clock.now())

    def nine(self, cast, day):
        return start_of(day, cast.company.timezone) + timedelta(hours=9)

    def due(self, api, cast, on, **changes):
        visit = made(api(cast.li))
        path = f"/visits/{visit}/summary"
        told = {"summary": "谈妥", "next_step": "送样", "next_on": str(on)}
        assert api(cast.li).post(path, told | changes).status_code == 200
        return Visit.objects.get(pk=visit)

    def test_in_the_morning_once_and_anew_for_another_day(self, api, cast, work, today):
        visit = self.due(api, cast, today)
        self.due(api, cast, today + timedelta(days=1))
        assert reminders.follow_up(at=start_of(today, cast.company.timezone) + timedelta(hours=7, minutes=59)) == 0
        assert [reminders.follow_up(at=self.nine(cast, today)) for _ in range(2)] == [1, 0]
        work()
        told = Notification.objects.get(kind="visit.follow_up_due")
        assert (told.recipient_id, told.body) == (cast.li.pk, "下一步：送样")

        path = f"/visits/{visit.pk}/summary"
        api(cast.li).post(path, {"summary": "改", "next_on": str(today)})
        assert reminders.follow_up(at=self.nine(cast, today)) == 0
        api(cast.li).post(path, {"summary": "改", "next_on": str(today + timedelta(days=2))})
        assert reminders.follow_up(at=self.nine(cast, today + timedelta(days=2))) == 2

    def test_of_a_leavers_visits_whoever_has_his_customers_is_told_once_somebody_has_them(self, api, cast, work, today):
        told, known = self.due(api, cast, today), self.due(api, cast, today)
        cast.li.is_active = False
        cast.li.save()
        assert reminders.follow_up(at=self.nine(cast, today)) == 0
        for visit in (told, known):
            visit.customer.change(owner=cast.zhao, department=cast.north)
        planned = {"customer_id": str(known.customer_id), "planned_on": str(today)}
        assert api(cast.zhao).post("/visit-plans", planned).status_code == 201
        morning_after = self.nine(cast, today + timedelta(days=1))
        VisitPlan.objects.update(planned_on=today + timedelta(days=1))

        assert [reminders.follow_up(at=morning_after) for _ in range(2)] == [1, 0]
        work()
        (note,) = Notification.objects.filter(kind="visit.follow_up_due")
        assert (note.recipient_id, note.subject_id) == (cast.zhao.pk, told.pk)
        assert api(cast.zhao).get(f"/visits/{told.pk}").status_code == 200

    def test_nobody_is_told_of_what_is_done_planned_or_long_past(self, api, cast, today):
        again, planned, old, cancelled = (self.due(api, cast, today) for _ in range(4))
        li = api(cast.li)
        visit = li.post("/visits", {"customer_id": str(again.customer_id)}).json()
        assert check_in(li, visit, check_in_body()).status_code == 200
        told = {"customer_id": str(planned.customer_id), "planned_on": str(today)}
        assert li.post("/visit-plans", told).status_code == 201
        Visit.objects.filter(pk=old.pk).update(next_on=today - timedelta(days=9))
        never = {"status": "cancelled", "verdict": "", "checked_in_at": None, "checked_out_at": None}
        Visit.objects.filter(pk=cancelled.pk).update(**never)

        assert reminders.follow_up(at=self.nine(cast, today)) == 0
        assert recorded("visit.follow_up_due") == 0

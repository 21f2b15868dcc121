"""Forgotten check-outs are made up for, and positions grow coarse: by portions, in every company, however often."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from backend.core import clock
from backend.events.models import Event
from backend.files.models import Attachment, FileJob
from backend.visits.models import CheckInSample, Visit, VisitPhoto, VisitPolicy
from backend.visits.services import nights
from tests.notifications.subjects import file_of
from tests.support.files import uploaded
from tests.support.pictures import exif, picture
from tests.support.visits import SHOP, checked_in, recorded

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def begun(visit, at):
    Visit.objects.filter(pk=visit["id"]).update(started_at=at, checked_in_at=at)


class TestForgottenCheckOuts:
    def test_over_midnight_and_long_enough(self, api, cast):
        """Shanghai's midnight is at 16:00 UTC."""
        midnight = datetime(2026, 11, 25, 16, tzinfo=UTC)
        for person, hours in ((cast.li, 13), (cast.zhao, 5), (cast.sun, 13)):
            begun(checked_in(api(person)), midnight - timedelta(hours=hours))

        assert nights.close_forgotten(at=midnight - timedelta(minutes=1)) == 0
        assert nights.close_forgotten(at=midnight + timedelta(minutes=1)) == 2
        assert nights.close_forgotten(at=midnight + timedelta(minutes=1)) == 0

        assert Visit.objects.get(status="open").owner_id == cast.zhao.pk
        closed = Visit.objects.filter(closed_by="system", status="completed")
        assert {visit.owner_id for visit in closed} == {cast.li.pk, cast.sun.pk}
        assert {visit.minutes for visit in closed} == {None}
        events = Event.objects.filter(name="visit.closed")
        assert {(event.company_id, event.actor_id) for event in events} == {
            (cast.company.pk, None),
            (cast.acme.pk, None),
        }
        assert nights.close_forgotten(at=midnight + timedelta(hours=8)) == 1

    def test_each_company_has_its_own_patience(self, api, cast):
        VisitPolicy.objects.create(company=cast.acme, closes_after_h=24, updated_at=clock.now())
        midnight = datetime(2026, 11, 25, 16, tzinfo=UTC)
        for person in (cast.li, cast.sun):
            begun(checked_in(api(person)), midnight - timedelta(hours=13))

        assert nights.close_forgotten(at=midnight + timedelta(hours=1)) == 1
        assert Visit.objects.get(status="open").owner_id == cast.sun.pk


class TestCoarsening:
    @pytest.fixture
    def old(self, api, cast):
        """Five visits of Li and one of another company, one a day, the first 185 days ago; the default is 180 days."""
        now = clock.now()
        visits = []
        for number in range(5):
            visit = checked_in(api(cast.li))
            api(cast.li).post(f"/visits/{visit['id']}/check-out", {})
            begun(visit, now - 185 * DAY + 3 * number * DAY)
            visits.append(visit["id"])
        begun(checked_in(api(cast.sun)), now - 185 * DAY)
        return visits

    @staticmethod
    def exact():
        return set(map(str, Visit.objects.filter(lat=SHOP["lat"]).values_list("pk", flat=True)))

    def test_what_is_old_loses_its_exact_place_in_every_table(self, api, cast, old):
        assert nights.coarsen_positions(at=clock.now()) == 3  # two of Li's, and Sun's

        assert self.exact() == set(old[2:])
        visit = Visit.objects.get(pk=old[0])
        assert (visit.lat, visit.lng, visit.accuracy_m) == (31.23, 121.47, 1000.0)
        assert (visit.verdict, visit.distance_m) == ("verified", pytest.approx(0, abs=0.1))
        samples = CheckInSample.objects.filter(visit=visit)
        assert {(s.lat, s.lng, s.wgs84_lat, s.wgs84_lng, s.accuracy_m) for s in samples} == {
            (31.23, 121.47, 31.23, 121.47, 1000.0)
        }
        kept = CheckInSample.objects.filter(visit_id=old[4])
        assert SHOP["lat"] in {sample.lat for sample in kept}
        shown = api(cast.han).get(f"/visits/{old[0]}/positions").json()
        assert (shown["coarse"], shown["position"]["lat"]) == (True, 31.23)
        assert api(cast.han).get(f"/visits/{old[4]}/positions").json()["coarse"] is False

    def test_where_its_photos_say_they_were_taken_is_rounded_too(self, cast, old):
        for visit_id in (old[0], old[4]):
            file = file_of(cast.li)
            file.change(lat=31.230412, lng=121.473692)
            VisitPhoto.objects.create(company=cast.company, visit_id=visit_id, attachment=file, created_at=clock.now())

        nights.coarsen_positions(at=clock.now())

        taken = dict(VisitPhoto.objects.values_list("visit_id", "attachment__lat"))
        assert {str(key): lat for key, lat in taken.items()} == {old[0]: 31.23, old[4]: 31.230412}

    def test_a_photo_that_comes_to_a_visit_of_long_ago_is_coarse_from_the_start(self, api, cast, old, media_root, work):
        nights.coarsen_positions(at=clock.now())
        taken = {}
        for seed, visit_id in enumerate((old[0], old[4])):
            file = uploaded(api(cast.li), picture(seed=seed, exif=exif()))["id"]
            assert api(cast.li).post(f"/visits/{visit_id}/photos", {"file_id": file}).status_code == 201
            work()
            found = Attachment.objects.get(pk=file)
            taken[visit_id] = (found.lat, found.place_removed_at is not None)
        assert taken == {old[0]: (31.23, True), old[4]: (pytest.approx(31.2304), False)}

    def test_originals_that_were_passed_over_before_an_upgrade_are_made_up_for(self, api, cast, old, media_root, work):
        taken = {}
        for seed, visit_id in enumerate((old[0], old[4])):
            taken[visit_id] = uploaded(api(cast.li), picture(seed=seed, exif=exif()))["id"]
            reply = api(cast.li).post(f"/visits/{visit_id}/photos", {"file_id": taken[visit_id]})
            assert reply.status_code == 201
        work()
        nights.coarsen_positions(at=clock.now())
        FileJob.objects.filter(work="forget_place").delete()  # the former version owed none
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute(import_module("backend.visits.migrations.0014_forget_places_of_long_ago").OWE)
        job = FileJob.objects.get(work="forget_place")
        assert str(job.attachment_id) == taken[old[0]]
        FileJob.objects.filter(pk=job.pk).update(due_at=clock.now())
        work()
        assert Attachment.objects.get(pk=taken[old[0]]).place_removed_at is not None

    def test_again_and_a_day_later_it_does_only_what_is_new(self, old):
        nights.coarsen_positions(at=clock.now())

        assert nights.coarsen_positions(at=clock.now()) == 0
        assert nights.coarsen_positions(at=clock.now() + 2 * DAY) == 1
        assert self.exact() == set(old[3:])

    def test_killed_in_the_middle_it_goes_on_where_it_was(self, cast, old, monkeypatch):
        """A portion and its mark are one transaction: the second portion dies, the first stays done."""
        monkeypatch.setattr(nights, "AT_ONCE", 1)
        VisitPolicy.objects.create(company=cast.company, positions_kept_days=1, version=1, updated_at=clock.now())
        record, done = nights.events.record, []

        def dies_at_the_third(*args, **kwargs):
            if len(done) == 2:
                raise KeyboardInterrupt
            done.append(args)
            return record(*args, **kwargs)

        monkeypatch.setattr(nights.events, "record", dies_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            nights.coarsen_positions(at=clock.now())
        left = self.exact()
        assert 3 <= len(left) < 6
        monkeypatch.setattr(nights.events, "record", record)

        nights.coarsen_positions(at=clock.now())

        assert self.exact() == set()
        per_company = Event.objects.filter(name="visit_policy.positions_coarsened", company=cast.company)
        assert sum(event.data["visits"] for event in per_company) == 5

    def test_the_policy_of_the_company_counts_and_the_job_stores_no_change_of_it(self, api, cast, old):
        nights.coarsen_positions(at=clock.now())
        assert VisitPolicy.objects.get(company=cast.company).version == 0
        changed = {"version": 0, "limits": {}, "positions_kept_days": 1, "closes_after_h": 12}
        assert api(cast.qian).put("/visit-policy", changed).json()["version"] == 1

        assert nights.coarsen_positions(at=clock.now()) == 3
        assert self.exact() == set()
        assert recorded("visit_policy.changed") == 1
